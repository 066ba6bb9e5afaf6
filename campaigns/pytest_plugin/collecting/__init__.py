"""Which tests a marker makes: what it says, the tests it turns into, what each gate is to count."""

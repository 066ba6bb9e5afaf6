// Says so while the requests of a page that follows a campaign get no answer.
const say = (isLost) => { document.getElementById("lost").hidden = !isLost; };
for (const event of ["htmx:sendError", "htmx:responseError"]) document.addEventListener(event, () => say(true));
document.addEventListener("htmx:afterOnLoad", (event) => say(!event.detail.successful));

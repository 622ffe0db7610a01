// Gives the Plotly figure above this script its text, and moves its sliders and menus from
// controls that a keyboard reaches: Plotly draws its own as shapes that only a mouse can move.
const words = document.currentScript.parentElement.querySelector("details");
const isAbove = (node) => node.compareDocumentPosition(words) & Node.DOCUMENT_POSITION_FOLLOWING;
const figure = () => [...document.querySelectorAll(".jp-RenderedPlotly, .js-plotly-plot")]
  .filter(isAbove).pop();

function mouse(target, kind, box = target.getBoundingClientRect()) {
  const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
  target.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, ...at }));
}

// A notebook that was opened again shows a picture until the mouse enters it.
async function drawn(selector) {
  for (let tries = 0; tries < 100; tries++) {
    const parts = figure()?.querySelectorAll(selector) ?? [];
    if (parts.length) return [...parts];
    const picture = figure()?.querySelector("img.plot-img");
    if (picture && tries === 0) mouse(picture, "mouseenter");
    await new Promise((go) => setTimeout(go, 100));
  }
  return [];
}

words.querySelectorAll("input[type=range]").forEach((range, place) => {
  const labels = JSON.parse(range.dataset.labels);
  range.addEventListener("input", async () => {
    range.setAttribute("aria-valuetext", labels[range.value]);
    range.closest("p").querySelector("output").textContent = labels[range.value];
    const group = (await drawn(".slider-group"))[place];
    if (!group) return;
    const tick = group.querySelectorAll(".slider-tick-rect")[range.value];
    mouse(group.querySelector(".slider-rail-touch-rect"), "mousedown", tick.getBoundingClientRect());
    mouse(figure().querySelector(".js-plotly-plot") ?? figure(), "mouseup");
  });
});

words.querySelectorAll("[role=group]").forEach((group, place) => {
  group.addEventListener("click", async (event) => {
    const wanted = event.target.dataset.button;
    if (wanted === undefined) return;
    const menu = (await drawn(".updatemenu-header-group"))[place];
    const header = menu?.querySelector(".updatemenu-header");
    if (header) mouse(header, "click"); // Opens a menu; buttons lie open.
    const choices = header ? await drawn(".updatemenu-dropdown-button")
      : menu?.querySelectorAll(".updatemenu-button");
    if (choices?.[wanted]) mouse(choices[wanted], "click");
  });
});

(async () => {
  for (let tries = 0; tries < 100 && !figure(); tries++) {
    await new Promise((go) => setTimeout(go, 100));
  }
  figure()?.setAttribute("role", "figure");
  figure()?.setAttribute("aria-label", alt);
  figure()?.querySelector("img.plot-img")?.setAttribute("alt", alt);
})();

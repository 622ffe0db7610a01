// Interactive figures: Plotly and a figure's data are loaded when the figure comes near the
// window. Without scripts, and until then, the picture inside stands for it.
(() => {
  const plotlyPlace = new URL("plotly.min.js", document.currentScript.src).href;
  const arrived = {};
  window.courseFigure = (name, figure) => { arrived[name] = figure; };

  const load = (place) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = place;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  let plotly;

  // What is wider than its place scrolls: then by keyboard, too.
  const reachable = (box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  };

  // Plotly draws sliders and menus as shapes for the mouse; these are the same for the keyboard.
  function controls(place, layout) {
    const row = document.createElement("p");
    row.className = "figure-controls";
    const act = (step) => step.method !== "skip" && Plotly[step.method](place, ...step.args);
    (layout.sliders ?? []).forEach((slider, number) => {
      const { prefix = "", suffix = "" } = slider.currentvalue ?? {};
      const label = document.createElement("label");
      const range = Object.assign(document.createElement("input"), {
        type: "range", min: 0, max: slider.steps.length - 1, step: 1, value: slider.active ?? 0,
      });
      const say = (at) => {
        range.setAttribute("aria-valuetext", `${prefix}${slider.steps[at].label}${suffix}`);
      };
      range.addEventListener("input", async () => {
        const at = Number(range.value);
        say(at);
        await act(slider.steps[at]);
        await Plotly.relayout(place, { [`sliders[${number}].active`]: at });
      });
      say(range.value);
      label.append(prefix.replace(/[ =:]+$/, "") || "slider", " ", range);
      row.append(label);
    });
    (layout.updatemenus ?? []).forEach((menu, number) => {
      menu.buttons.forEach((choice, at) => {
        const button = Object.assign(document.createElement("button"), {
          type: "button", textContent: choice.label,
        });
        button.addEventListener("click", async () => {
          await act(choice);
          await Plotly.relayout(place, { [`updatemenus[${number}].active`]: at });
        });
        row.append(button);
      });
    });
    return row.childElementCount ? [row] : [];
  }

  async function draw(box) {
    const name = box.dataset.figure;
    plotly ??= load(plotlyPlace);
    await Promise.all([plotly, load(name)]);
    const { data, layout, frames, config } = arrived[name];
    delete arrived[name];
    const place = document.createElement("div");
    const picture = box.querySelector("img");
    // Responsive figures take their place's height, so it must have one.
    layout.height ??= 450;
    place.style.height = `${layout.height}px`;
    place.style.minWidth = `${Math.min(layout.width ?? 460, 640)}px`;
    place.style.maxWidth = layout.width ? `${layout.width}px` : "";
    delete layout.width;
    if (picture) picture.hidden = true;
    box.append(place);
    try {
      await Plotly.newPlot(place, data, layout, { ...config, responsive: true });
      if (frames) await Plotly.addFrames(place, frames);
      box.after(...controls(place, layout));
      reachable(box);
      box.dataset.state = "live";
    } catch (error) {
      place.remove();
      if (picture) picture.hidden = false;
      throw error;
    }
  }

  // A folder's pages may not read each other, so there a search shows titles only.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  // Formulas get their height late: a link's heading is not where the browser has gone by then.
  let moved = false;
  for (const sign of ["wheel", "touchmove", "keydown", "mousedown"]) {
    window.addEventListener(sign, () => { moved = true; }, { once: true, passive: true });
  }
  window.addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (wanted && !moved) wanted.scrollIntoView({ behavior: "instant" });
  });

  document.addEventListener("DOMContentLoaded", () => {
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        near.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "800px" });
    document.querySelectorAll(".output, .highlight pre, .table-wrapper").forEach(reachable);
    document.querySelectorAll(".live-figure").forEach((box) => near.observe(box));
  });
})();

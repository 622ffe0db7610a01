"use strict";
// The live map: `content` is set before this script by helpers.plots.explorable.
(() => {
  const WORDS = 14; // matches that are written beside their points, and listed
  const element = (id) => document.getElementById(id);
  const canvas = element("map"), pen = canvas.getContext("2d");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let sheet, picture, shown, from, started = 0, hovered = -1, pinned = -1, matches = [];
  let labels = []; // left, right and base of those drawn so far
  let scale = 1, shiftX = 0, shiftY = 0, drag = null;

  function numbers(text, kind) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer), out = new Float64Array(bytes.length / 2);
    const read = kind === "u" ? view.getUint16 : view.getInt16;
    for (let i = 0; i < out.length; i++) out[i] = read.call(view, 2 * i, true);
    return out;
  }

  for (const one of content.sheets) {
    one.texts = one.texts.split("\n");
    one.clusters = numbers(one.clusters, "u");
    one.groups = numbers(one.groups, "u");
    one.nearest = numbers(one.near, "u");
    one.lower = one.texts.map((text) => text.toLowerCase());
    for (const each of one.pictures) each.places = numbers(each.xy, "i");
  }

  function fill(select, names) {
    select.replaceChildren(...names.map((name, i) => new Option(name, i)));
  }

  function open(number) {
    sheet = content.sheets[number];
    fill(element("picture"), sheet.pictures.map((p) => p.name));
    fill(element("cluster"), ["all clusters", ...sheet.names]);
    hovered = pinned = -1;
    turn(0, true);
    whole();
    find();
  }

  function turn(number, atOnce) {
    picture = sheet.pictures[number];
    from = atOnce || still ? null : shown;
    started = performance.now();
    if (!from) shown = picture.places;
    draw();
  }

  // Between two pictures the points glide, so that the eye can follow them.
  function glide() {
    const t = Math.min(1, (performance.now() - started) / 900), s = t * t * (3 - 2 * t);
    shown = t === 1 ? picture.places : picture.places.map((to, i) => from[i] + s * (to - from[i]));
    if (t === 1) from = null;
  }

  function whole() { scale = 1; shiftX = shiftY = 0; draw(); }

  function zoom(factor) {
    scale = Math.min(40, Math.max(1, scale * factor));
    if (scale === 1) shiftX = shiftY = 0;
    draw();
  }

  function size() { return Math.min(canvas.clientWidth, canvas.clientHeight) / 10600 * scale; }
  function atX(x) { return canvas.clientWidth / 2 + (x - shiftX) * size(); }
  function atY(y) { return canvas.clientHeight / 2 - (y - shiftY) * size(); }
  function place(i) { return [atX(shown[2 * i]), atY(shown[2 * i + 1])]; }

  function dot(i, radius) {
    const [x, y] = place(i);
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
  }

  // Written where it hides no other label: at its place, or else some lines above or below.
  function label(text, x, y, bold) {
    pen.font = (bold ? "bold " : "") + "13px sans-serif";
    const width = pen.measureText(text).width;
    const left = Math.min(Math.max(2, x), canvas.clientWidth - width - 4);
    const free = (at) => labels.every(([l, r, other]) =>
      left + width < l || left > r || Math.abs(at - other) >= 16);
    const lines = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5].map((line) => y + 16 * line);
    const base = lines.find(free) ?? y;
    labels.push([left, left + width, base]);
    pen.fillStyle = "rgba(255,255,255,.82)";
    pen.fillRect(left - 2, base - 12, width + 4, 16);
    pen.fillStyle = "black";
    pen.fillText(text, left, base);
  }

  function short(text) { return text.length > 34 ? text.slice(0, 33) + "…" : text; }

  function draw() {
    if (from) { glide(); requestAnimationFrame(draw); }
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(canvas.clientWidth * ratio)) {
      canvas.width = Math.round(canvas.clientWidth * ratio);
      canvas.height = Math.round(canvas.clientHeight * ratio);
    }
    labels = [];
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    const only = element("cluster").value - 1, searching = element("search").value.trim() !== "";
    for (let i = 0; i < sheet.texts.length; i++) {
      const bright = only < 0 || sheet.clusters[i] === only;
      pen.fillStyle = bright ? content.colours[sheet.clusters[i] % content.colours.length] : "#999";
      pen.globalAlpha = searching || !bright ? 0.25 : 0.75;
      dot(i, 2 + Math.min(3, scale / 4));
      pen.fill();
    }
    pen.globalAlpha = 1;
    if (!searching && pinned < 0 && hovered < 0) {
      picture.middles.forEach(([x, y], c) => {
        if (!from && (only < 0 || c === only)) label(sheet.names[c], atX(x) - 30, atY(y), only >= 0);
      });
    }
    pen.lineWidth = 2;
    for (const i of matches) {
      pen.strokeStyle = "black";
      pen.fillStyle = "#E69F00";
      dot(i, 5);
      pen.fill();
      pen.stroke();
    }
    const chosen = pinned >= 0 ? pinned : hovered;
    if (chosen >= 0) links(chosen);
    for (const i of chosen >= 0 ? [] : matches.slice(0, WORDS)) {
      const [x, y] = place(i);
      label(short(sheet.texts[i]), x + 7, y + 4, false);
    }
  }

  function near(i) { return Array.from(sheet.nearest.slice(i * sheet.k, (i + 1) * sheet.k)); }

  function links(i) {
    const [x, y] = place(i);
    pen.strokeStyle = "#D55E00";
    pen.lineWidth = 1.5;
    for (const j of near(i)) {
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(...place(j));
      pen.stroke();
      pen.fillStyle = "#D55E00";
      dot(j, 4);
      pen.fill();
    }
    pen.fillStyle = "black";
    dot(i, 5);
    pen.fill();
    label(short(sheet.texts[i]), x + 8, y - 6, true);
    if (sheet.groups.length === 0) {
      for (const j of near(i)) label(sheet.texts[j], place(j)[0] + 6, place(j)[1] + 4, false);
    }
  }

  function about(i) {
    const told = element("told");
    if (i < 0) {
      told.textContent = "Hover over a point: lines lead to its true neighbours. A click keeps it.";
      return;
    }
    const group = sheet.groups.length ? ` [${sheet.kinds[sheet.groups[i]]}]` : "";
    const words = near(i).map((j) =>
      sheet.groups.length ? `${short(sheet.texts[j])} [${sheet.kinds[sheet.groups[j]]}]`
        : sheet.texts[j]);
    told.textContent = `${sheet.texts[i]}${group}, cluster “${sheet.names[sheet.clusters[i]]}”. ` +
      `True neighbours: ${words.join(sheet.groups.length ? " · " : ", ")}`;
  }

  function choose(i) {
    pinned = pinned === i ? -1 : i;
    about(pinned);
    draw();
  }

  // Words that begin with what was typed come first, the word itself before them.
  function find() {
    const wanted = element("search").value.trim().toLowerCase();
    matches = [];
    if (wanted) {
      const rank = (text) => (text === wanted ? 0 : text.startsWith(wanted) ? 1 : 2);
      sheet.lower.forEach((text, i) => { if (text.includes(wanted)) matches.push(i); });
      matches.sort((a, b) => rank(sheet.lower[a]) - rank(sheet.lower[b]) || a - b);
    }
    pinned = matches.length && sheet.lower[matches[0]] === wanted ? matches[0] : -1;
    about(pinned);
    element("count").textContent = wanted ? `${matches.length} found` : "";
    element("list").replaceChildren(...matches.slice(0, WORDS).map((i) => {
      const button = document.createElement("button");
      button.textContent = short(sheet.texts[i]);
      button.onclick = () => {
        if (scale > 1) [shiftX, shiftY] = [shown[2 * i], shown[2 * i + 1]];
        choose(i);
      };
      return button;
    }));
    draw();
  }

  function pointed(event) {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = -1, least = 144;
    for (let i = 0; i < sheet.texts.length; i++) {
      const [px, py] = place(i), gap = (px - x) ** 2 + (py - y) ** 2;
      if (gap < least) { least = gap; best = i; }
    }
    return best;
  }

  canvas.onpointermove = (event) => {
    if (drag && !drag[2] && Math.hypot(event.clientX - drag[0], event.clientY - drag[1]) < 4) return;
    if (drag) {
      shiftX -= (event.clientX - drag[0]) / size();
      shiftY += (event.clientY - drag[1]) / size();
      drag = [event.clientX, event.clientY, true];
      draw();
      return;
    }
    const found = pointed(event);
    if (found !== hovered) {
      hovered = found;
      if (pinned < 0) about(hovered);
      draw();
    }
  };
  canvas.onpointerdown = (event) => {
    drag = [event.clientX, event.clientY, false];
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointerup = (event) => {
    const moved = drag && drag[2];
    drag = null;
    if (!moved) choose(pointed(event));
  };
  canvas.onpointerleave = () => { hovered = -1; drag = null; if (pinned < 0) about(-1); draw(); };
  fill(element("sheet"), content.sheets.map((one) => one.name));
  element("sheet").onchange = (event) => { element("search").value = ""; open(+event.target.value); };
  element("picture").onchange = (event) => turn(+event.target.value, false);
  element("cluster").onchange = draw;
  element("search").oninput = find;
  element("closer").onclick = () => zoom(1.6);
  element("farther").onclick = () => zoom(1 / 1.6);
  element("whole").onclick = whole;
  addEventListener("resize", draw);
  element("search").value = content.search;
  open(0);
})();

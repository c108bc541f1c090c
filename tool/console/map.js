// The map: sites, routers and clients, their links, and which site answers each client.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b85c93", "#b98000", "#3d9bd4", "#7a63c4",
                 "#7d7d1a"];
// Drawn in white over a colour, so that two sites differ without it, too.
const PATTERNS = ["", "M0 8L8 0", "M0 4H8", "M4 4h.1", "M0 0L8 8", "M4 0V8", "M0 4H8M4 0V8",
                  "M0 8L8 0M0 0L8 8"];
const SIGNS = {UP: "▲", SOFT: "◆", DRAIN: "◐", DOWN: "▼"};

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function styleOf(fleet, siteName) {
  const place = fleet.sites.findIndex((site) => site.name === siteName);
  if (place < 0) return null;
  const round = Math.floor(place / COLOURS.length);
  return {colour: COLOURS[place % COLOURS.length],
          pattern: PATTERNS[(place + round) % PATTERNS.length]};
}

// A square of the site's colour and pattern.
function swatch(fleet, siteName, size, x = 0, y = 0) {
  const style = styleOf(fleet, siteName);
  const group = svg("svg", {x, y, width: size, height: size, viewBox: "0 0 16 16"});  // It clips.
  group.append(svg("rect", {width: 16, height: 16, rx: 3, fill: style ? style.colour : "#888"}));
  if (!style || !style.pattern) return group;
  for (const [dx, dy] of [[0, 0], [8, 0], [0, 8], [8, 8]]) {
    group.append(svg("path", {d: style.pattern, transform: `translate(${dx} ${dy})`, fill: "none",
                              stroke: "#fff", "stroke-width": 1.8, "stroke-linecap": "round"}));
  }
  return group;
}

// --- drawing ---

// A line from box to box, and its points.
function drawLine(routes, a, b, kind, attributes) {
  const points = routes.between(a, b, kind);
  return [points, svg("path", {d: pathThrough(points), "data-from": a.key, "data-to": b.key,
                               ...attributes})];
}

function drawEdge(routes, {a, b, state}) {
  const isAccess = state === "access";
  const [points, line] = drawLine(routes, a, b, isAccess ? "access" : "link",
                                  {class: `link ${isAccess ? "up" : state}`});
  if (state !== "down") return [line];
  const {x, y} = middleOf(points, [a, b]);
  return [line, svg("text", {x, y: y + 5, class: "cross"}, "✕")];
}

function firstAnswer(client) {
  return client.answers.find((answer) => answer.site) || client.answers[0];
}

function drawCatch(fleet, {boxes, routes}, client) {
  const answer = firstAnswer(client);
  const site = answer && answer.site && boxes.get(`site ${answer.site}`);
  if (!site) return [];
  const [, line] = drawLine(routes, boxes.get(`client ${client.name}`), site, "catch",
                            {class: "catch", stroke: styleOf(fleet, answer.site).colour});
  return [line];
}

// The place of a site on the earth, with a line to its box, unless the box lies on it.
function drawPlace(fleet, {boxes}, box) {
  if (!box.dot || containsPoint(box, box.dot, 3)) return [];
  const {x, y} = box.dot;
  const others = [...boxes.values()].filter((other) => other !== box);
  if (others.some((other) => containsPoint(other, box.dot, 3))) return [];
  const colour = styleOf(fleet, box.of.name).colour;
  const isClear = !others.some((other) => meetsBox(box, box.dot, other, 2));
  const dot = svg("circle", {cx: x, cy: y, r: 4, class: "place", fill: colour});
  if (!isClear) return [dot];
  return [svg("path", {d: `M${x} ${y}L${box.x} ${box.y}`, class: "leader", stroke: colour,
                       "data-from": box.key, "data-to": box.key}), dot];
}

function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

// Wanted, but no router has it.
function isAnnouncedToNobody(state) {
  return Boolean(state) && state.state !== "DOWN" && state.announced === false;
}

function worstOf(node) {
  const order = ["DOWN", "DRAIN", "SOFT", "UP"];
  const states = [node.v4, node.v6].filter((one) => one)
    .map((one) => isAnnouncedToNobody(one) ? "DOWN" : one.state);
  return order.find((state) => states.includes(state)) || null;
}

function groupOf(box) {
  return svg("g", {transform: `translate(${box.x - box.w / 2} ${box.y - box.h / 2})`,
                   "data-box": box.key});
}

function drawSite(fleet, box) {
  const site = box.of;
  const group = groupOf(box);
  const style = styleOf(fleet, site.name);
  group.append(
    svg("rect", {width: box.w, height: box.h, rx: 7, stroke: style.colour,
                 class: `box site-box${site.announced === false ? " off" : ""}`}),
    swatch(fleet, site.name, 16, 8, 8),
    svg("text", {x: 30, y: 21, class: "name"}, cut(site.name, 14)),
    svg("text", {x: 8, y: 36, class: "faint"},
        cut([site.place, site.as && `AS${site.as}`].filter(Boolean).join(" · "),
            Math.floor((box.w - 12) / 6))));
  fleet.nodes.filter((node) => node.site === site.name).forEach((node, i) => {
    const state = worstOf(node);
    group.append(svg("text", {x: 8, y: 52 + 17 * i, class: `state-${state || "none"}`},
                     `${SIGNS[state] || "?"} ${cut(node.name, 9)} ${state || "no report"}`));
  });
  return group;
}

function drawRouter(box) {
  const router = box.of;
  const group = groupOf(box);
  const up = router.sessions && router.sessions.filter((one) => one.state === "Established").length;
  const told = router.sessions ? `BGP ${up}/${router.sessions.length}` : router.kind;
  group.append(svg("rect", {width: box.w, height: box.h, rx: box.h / 2, class: "box"}),
               svg("text", {x: box.w / 2, y: 15, "text-anchor": "middle", class: "name"},
                   cut(router.name, 14)),
               svg("text", {x: box.w / 2, y: 29, "text-anchor": "middle", class: "faint"},
                   [router.as && `AS${router.as}`, told].filter(Boolean).join(" · ")));
  return group;
}

function drawClient(fleet, box) {
  const client = box.of;
  const answer = firstAnswer(client);
  const site = answer && answer.site;
  const text = site ? `→ ${site}${answer.rtt_us === null ? "" : ` ${milliseconds(answer.rtt_us)}`}`
                    : "✕ no answer";
  const group = groupOf(box);
  group.append(svg("rect", {width: box.w, height: box.h, rx: 4, class: "box"}));
  if (styleOf(fleet, site)) group.append(swatch(fleet, site, 20, 6, 9));
  group.append(svg("text", {x: 32, y: 16, class: "name"}, cut(client.name, 12)),
               svg("text", {x: 32, y: 31, class: site ? "faint" : "faint bad-text"}, 
                   cut(text, Math.floor((box.w - 34) / 6))));
  return group;
}

function describe(fleet) {
  const announced = fleet.sites.filter((site) => site.announced).map((site) => site.name);
  const down = fleet.links.filter((link) => link.state === "down").length;
  const asked = fleet.clients.map((client) => {
    const answer = firstAnswer(client);
    return `${client.name} by ${(answer && answer.site) || "nobody"}`;
  });
  return `Announced: ${announced.join(", ") || "no site"}. Links down: ${down}. ` +
    `Answered: ${asked.join(", ") || "no clients"}. The tables below show the same data.`;
}

class FleetMap {
  constructor(parent) {
    this.parent = parent;
    this.shape = "";
  }

  // Boxes keep their positions while the fleet has the same members; only colours, signs and texts
  // follow the events.
  update(fleet) {
    // In steps, so that a change of a few pixels does not move the boxes.
    const shown = Math.max(Math.floor(this.parent.clientWidth / 20) * 20, 160);
    const shape = JSON.stringify([shown, fleet.sites.map((site) => site.name),
                                  fleet.nodes.map((node) => node.id),
                                  fleet.routers.map((router) => [router.name, router.site]),
                                  fleet.links.length,
                                  fleet.clients.map((client) => client.name)]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.layout = layOut(fleet, shown);
    } else {
      this.refresh(fleet);
    }
    this.draw(fleet);
  }

  refresh(fleet) {
    const {boxes} = this.layout;
    for (const site of fleet.sites) boxes.get(`site ${site.name}`).of = site;
    for (const router of fleet.routers) {
      if (!router.site) boxes.get(`router ${router.name}`).of = router;
    }
    for (const client of fleet.clients) boxes.get(`client ${client.name}`).of = client;
    const edges = edgesOf(fleet, boxes);
    this.layout.edges = edges;
  }

  // The picture fills the panel's width. If the layout is wider than the panel, the picture keeps
  // its size so that its text stays readable, and the panel scrolls.
  draw(fleet) {
    const {boxes, edges, width, height, project, routes} = this.layout;
    const scale = Math.max(this.parent.clientWidth / width, 1);
    const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
                                width: Math.floor(width * scale),
                                height: Math.floor(height * scale),
                                "aria-label": describe(fleet)});
    if (project) picture.append(drawContinents(project));
    for (const box of boxes.values()) picture.append(...drawPlace(fleet, this.layout, box));
    picture.append(...edges.flatMap((edge) => drawEdge(routes, edge)),
                   ...fleet.clients.flatMap((client) => drawCatch(fleet, this.layout, client)));
    for (const box of boxes.values()) {
      if (box.kind === "site") picture.append(drawSite(fleet, box));
      if (box.kind === "router") picture.append(drawRouter(box));
      if (box.kind === "client") picture.append(drawClient(fleet, box));
    }
    this.parent.replaceChildren(picture);
  }
}

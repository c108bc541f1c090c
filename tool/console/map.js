// The map: sites, routers and clients, their links, and who is answered by which site.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b85c93", "#b98000", "#3d9bd4", "#7a63c4", "#7d7d1a"];
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
  const group = svg("g", {transform: `translate(${x} ${y}) scale(${size / 16})`});
  group.append(svg("rect", {width: 16, height: 16, rx: 3, fill: style ? style.colour : "#888"}));
  if (!style || !style.pattern) return group;
  for (const [dx, dy] of [[0, 0], [8, 0], [0, 8], [8, 8]]) {
    group.append(svg("path", {d: style.pattern, transform: `translate(${dx} ${dy})`, fill: "none",
                              stroke: "#fff", "stroke-width": 1.8, "stroke-linecap": "round"}));
  }
  return group;
}

// --- layout: boxes that do not overlap, near to where the earth has them ---

// By kind and name: a router may have the name of a site, and an answer may name whatever it likes.
function boxesOf(fleet) {
  const boxes = new Map();
  for (const site of fleet.sites) {
    const nodes = fleet.nodes.filter((node) => node.site === site.name).length;
    boxes.set(`site ${site.name}`, {kind: "site", of: site, w: 138, h: 40 + 17 * nodes});
  }
  for (const router of fleet.routers) {
    if (router.site) continue;
    boxes.set(`router ${router.name}`, {kind: "router", of: router, w: 128, h: 36});
  }
  for (const client of fleet.clients) {
    boxes.set(`client ${client.name}`, {kind: "client", of: client, w: 122, h: 38});
  }
  return boxes;
}

// A router of a site stands in that site's box.
function boxOf(fleet, boxes, routerName) {
  const router = fleet.routers.find((one) => one.name === routerName);
  return router && boxes.get(router.site ? `site ${router.site}` : `router ${router.name}`);
}

function edgesOf(fleet, boxes) {
  const edges = [];
  for (const link of fleet.links) {
    const [a, b] = [boxOf(fleet, boxes, link.a), boxOf(fleet, boxes, link.b)];
    if (a && b && a !== b) edges.push({a, b, state: link.state, length: 150});
  }
  for (const client of fleet.clients) {
    const [a, b] = [boxes.get(`client ${client.name}`), boxOf(fleet, boxes, client.router)];
    if (a && b) edges.push({a, b, state: "access", length: 95});
  }
  return edges;
}

function placeOnRing(sites, width, height) {
  sites.forEach((box, i) => {
    const angle = 2 * Math.PI * i / sites.length - Math.PI / 2;
    box.home = {x: width / 2 + Math.cos(angle) * width * 0.36,
                y: height / 2 + Math.sin(angle) * height * 0.36};
  });
}

// Half by where it is, half by its rank from west to east and north to south: two sites of one
// country stay apart, and an ocean does not take all the room.
function placeOnEarth(sites, width, height) {
  const spread = (valueOf, size) => {
    const sorted = [...sites].sort((a, b) => valueOf(a) - valueOf(b));
    const [least, most] = [valueOf(sorted[0]), valueOf(sorted[sorted.length - 1])];
    return (box) => {
      const share = most > least ? (valueOf(box) - least) / (most - least) : 0.5;
      const rank = sorted.indexOf(box) / (sorted.length - 1);
      return size * (0.12 + 0.76 * (0.4 * share + 0.6 * rank));
    };
  };
  const x = spread((box) => box.of.longitude, width);
  const y = spread((box) => -box.of.latitude, height);
  for (const box of sites) box.home = {x: x(box), y: y(box)};
}

function startOthers(boxes, edges, width, height) {
  const others = [...boxes.values()].filter((box) => box.kind !== "site");
  others.forEach((box, i) => {
    const near = edges.filter((edge) => edge.a === box || edge.b === box)
      .map((edge) => (edge.a === box ? edge.b : edge.a)).filter((other) => other.x !== undefined);
    const turn = i * 2.4;  // The golden angle spreads what starts at one point.
    const mean = (axis, otherwise) => near.length
      ? near.reduce((sum, other) => sum + other[axis], 0) / near.length : otherwise;
    box.x = mean("x", width / 2) + Math.cos(turn) * 60;
    box.y = mean("y", height / 2) + Math.sin(turn) * 60;
  });
}

function pull(edges) {
  for (const {a, b, length} of edges) {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const far = Math.hypot(dx, dy) || 1;
    const step = (far - length) / far * 0.03;
    a.x += dx * step; a.y += dy * step;
    b.x -= dx * step; b.y -= dy * step;
  }
}

function pushApart(list) {
  const gap = 16;
  for (let i = 0; i < list.length; ++i) {
    for (let k = i + 1; k < list.length; ++k) {
      const [a, b] = [list[i], list[k]];
      const x = (a.w + b.w) / 2 + gap - Math.abs(a.x - b.x);
      const y = (a.h + b.h) / 2 + gap - Math.abs(a.y - b.y);
      if (x <= 0 || y <= 0) continue;
      if (x < y) {
        const step = (a.x <= b.x ? -x : x) / 2;
        a.x += step; b.x -= step;
      } else {
        const step = (a.y <= b.y ? -y : y) / 2;
        a.y += step; b.y -= step;
      }
    }
  }
}

function keepInside(list, width, height) {
  for (const box of list) {
    box.x = Math.min(Math.max(box.x, box.w / 2 + 4), width - box.w / 2 - 4);
    box.y = Math.min(Math.max(box.y, box.h / 2 + 4), height - box.h / 2 - 4);
  }
}

// Room for all boxes at a proportion that suits the window, which may be narrower.
function sizeFor(boxes, shown) {
  let area = 0;
  for (const box of boxes.values()) area += (box.w + 16) * (box.h + 16);
  const proportion = shown < 600 ? 1.45 : 0.62;
  const width = Math.max(shown, 340, Math.sqrt(area * (shown < 600 ? 1.9 : 3.2) / proportion));
  return {width, height: width * proportion};
}

function layOut(fleet, shown) {
  const boxes = boxesOf(fleet);
  const edges = edgesOf(fleet, boxes);
  const {width, height} = sizeFor(boxes, shown);
  const list = [...boxes.values()];
  const sites = list.filter((box) => box.kind === "site");
  const onEarth = sites.every((box) => box.of.latitude !== null);
  (onEarth && sites.length > 2 ? placeOnEarth : placeOnRing)(sites, width, height);
  for (const box of sites) Object.assign(box, box.home);
  startOthers(boxes, edges, width, height);
  for (let turn = 0; turn < 600; ++turn) {
    if (turn < 400) {
      pull(edges);
      for (const box of sites) {
        box.x += (box.home.x - box.x) * 0.1;
        box.y += (box.home.y - box.y) * 0.1;
      }
    }
    pushApart(list);  // Alone at the end, so that nothing lies on another.
    keepInside(list, width, height);
  }
  return {boxes, edges, width, height};
}

// --- drawing ---

function drawEdge({a, b, state}) {
  const line = svg("line", {x1: a.x, y1: a.y, x2: b.x, y2: b.y,
                            class: `link ${state === "access" ? "up" : state}`});
  if (state !== "down") return [line];
  return [line, svg("text", {x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + 5, class: "cross"}, "✕")];
}

function firstAnswer(client) {
  return client.answers.find((answer) => answer.site) || client.answers[0];
}

function drawCatch(fleet, boxes, client) {
  const answer = firstAnswer(client);
  const site = answer && answer.site && boxes.get(`site ${answer.site}`);
  if (!site) return [];
  const from = boxes.get(`client ${client.name}`);
  const [dx, dy] = [site.x - from.x, site.y - from.y];
  const bend = 0.16;  // Beside the links, not over them.
  const [x, y] = [(from.x + site.x) / 2 - dy * bend, (from.y + site.y) / 2 + dx * bend];
  return [svg("path", {d: `M${from.x} ${from.y}Q${x} ${y} ${site.x} ${site.y}`, class: "catch",
                       stroke: styleOf(fleet, answer.site).colour})];
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

function drawSite(fleet, box) {
  const site = box.of;
  const [x, y] = [box.x - box.w / 2, box.y - box.h / 2];
  const group = svg("g", {transform: `translate(${x} ${y})`});
  const style = styleOf(fleet, site.name);
  group.append(
    svg("rect", {width: box.w, height: box.h, rx: 7, stroke: style.colour,
                 class: `box site-box${site.announced === false ? " off" : ""}`}),
    swatch(fleet, site.name, 16, 8, 8),
    svg("text", {x: 30, y: 21, class: "name"}, cut(site.name, 14)),
    svg("text", {x: 8, y: 36, class: "faint"},
        cut([site.place, site.as && `AS${site.as}`].filter(Boolean).join(" · "), 22)));
  fleet.nodes.filter((node) => node.site === site.name).forEach((node, i) => {
    const state = worstOf(node);
    group.append(svg("text", {x: 8, y: 52 + 17 * i, class: `state-${state || "none"}`},
                     `${SIGNS[state] || "?"} ${cut(node.name, 9)} ${state || "no word"}`));
  });
  return group;
}

function drawRouter(box) {
  const router = box.of;
  const group = svg("g", {transform: `translate(${box.x - box.w / 2} ${box.y - box.h / 2})`});
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
  const group = svg("g", {transform: `translate(${box.x - box.w / 2} ${box.y - box.h / 2})`});
  group.append(svg("rect", {width: box.w, height: box.h, rx: 4, class: "box"}));
  if (styleOf(fleet, site)) group.append(swatch(fleet, site, 20, 6, 9));
  group.append(svg("text", {x: 32, y: 16, class: "name"}, cut(client.name, 12)),
               svg("text", {x: 32, y: 31, class: site ? "faint" : "faint bad-text"}, cut(text, 18)));
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
    `Answered: ${asked.join(", ") || "no clients"}. The tables below tell the same.`;
}

class FleetMap {
  constructor(parent) {
    this.parent = parent;
    this.shape = "";
  }

  // Positions stay while what there is stays; only colours, signs and texts follow the events.
  update(fleet) {
    const shown = Math.round(this.parent.clientWidth / 20) * 20;
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

  draw(fleet) {
    const {boxes, edges, width, height} = this.layout;
    // Never smaller than it was laid out, or nobody could read it: the region scrolls.
    const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
                                "aria-label": describe(fleet)});
    picture.append(...edges.flatMap(drawEdge),
                   ...fleet.clients.flatMap((client) => drawCatch(fleet, boxes, client)));
    for (const box of boxes.values()) {
      if (box.kind === "site") picture.append(drawSite(fleet, box));
      if (box.kind === "router") picture.append(drawRouter(box));
      if (box.kind === "client") picture.append(drawClient(fleet, box));
    }
    this.parent.replaceChildren(picture);
  }
}

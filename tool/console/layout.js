// The map's layout: a site's box lies near its place on the earth, no two boxes overlap, and a
// search with fixed seeds moves boxes until few lines cross boxes or each other. The same fleet
// always gets the same map.
"use strict";

const NARROW = 600;  // Pixels. Below this width the boxes are narrower and the map is upright.
const GAP = 24;      // Between boxes: two lines fit, one beside each box.
const BORDER = 9;    // Between a box and the map's border: one line fits.
const SEARCHES = 4;
const WORK_MAX = 8e6;  // Of one search: moves, times the square of boxes and lines.
const BOX_WIDTHS = {
  wide: {site: 138, router: 128, client: 122},
  narrow: {site: 134, router: 124, client: 120},
};

// --- geometry ---

// Whether the segment p–q meets the box, grown by `margin` on all sides: whether no axis separates
// the two. The search calls this millions of times.
function meetsBox(p, q, box, margin) {
  const halfW = box.w / 2 + margin, halfH = box.h / 2 + margin;
  const px = p.x - box.x, py = p.y - box.y, qx = q.x - box.x, qy = q.y - box.y;
  if (Math.max(px, qx) <= -halfW || Math.min(px, qx) >= halfW) return false;
  if (Math.max(py, qy) <= -halfH || Math.min(py, qy) >= halfH) return false;
  const reach = Math.abs(qy - py) * halfW + Math.abs(qx - px) * halfH;
  return Math.abs(px * qy - qx * py) < reach;
}

function sideOf(p, q, r) {
  return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
}

function segmentsCross(p, q, r, s) {
  return sideOf(p, q, r) * sideOf(p, q, s) < 0 && sideOf(r, s, p) * sideOf(r, s, q) < 0;
}

// The free space between two boxes; negative if they overlap.
function gapBetween(a, b) {
  return Math.max(Math.abs(a.x - b.x) - (a.w + b.w) / 2, Math.abs(a.y - b.y) - (a.h + b.h) / 2);
}

function containsPoint(box, point, margin = 0) {
  return Math.abs(box.x - point.x) < box.w / 2 + margin &&
    Math.abs(box.y - point.y) < box.h / 2 + margin;
}

// --- boxes and edges ---

// Keys hold the kind and the name: a router may have the name of a site, and an answer may contain
// any name.
function boxesOf(fleet, isNarrow) {
  const widths = isNarrow ? BOX_WIDTHS.narrow : BOX_WIDTHS.wide;
  const boxes = new Map();
  const add = (kind, of, h) => {
    const key = `${kind} ${of.name}`;
    boxes.set(key, {key, kind, of, w: widths[kind], h, home: null, dot: null});
  };
  for (const site of fleet.sites) {
    const nodes = fleet.nodes.filter((node) => node.site === site.name).length;
    add("site", site, 42 + 17 * nodes);
  }
  for (const router of fleet.routers) {
    if (!router.site) add("router", router, 38);
  }
  for (const client of fleet.clients) add("client", client, 38);
  return boxes;
}

// A router that belongs to a site is drawn as part of the site's box.
function boxOf(fleet, boxes, routerName) {
  const router = fleet.routers.find((one) => one.name === routerName);
  return router && boxes.get(router.site ? `site ${router.site}` : `router ${router.name}`);
}

function edgesOf(fleet, boxes) {
  const edges = [];
  for (const link of fleet.links) {
    const [a, b] = [boxOf(fleet, boxes, link.a), boxOf(fleet, boxes, link.b)];
    if (a && b && a !== b) edges.push({a, b, state: link.state, length: 150, weight: 0.35});
  }
  for (const client of fleet.clients) {
    const [a, b] = [boxes.get(`client ${client.name}`), boxOf(fleet, boxes, client.router)];
    if (a && b) edges.push({a, b, state: "access", length: 100, weight: 0.8});
  }
  return edges;
}

// --- the first positions ---

function setHomes(sites, project, width, height) {
  sites.forEach((box, i) => {
    const {longitude, latitude} = box.of;
    if (project && longitude !== null && latitude !== null) {
      box.dot = project(longitude, latitude);
      box.home = box.dot;
      return;
    }
    const angle = 2 * Math.PI * i / sites.length - Math.PI / 2;
    box.home = {x: width / 2 + Math.cos(angle) * width * 0.36,
                y: height / 2 + Math.sin(angle) * height * 0.36};
  });
}

// Where the boxes that have no place on the earth start: between their neighbours.
function startOf(box, edges, placed, width, height) {
  const near = edges.filter((edge) => edge.a === box || edge.b === box)
    .map((edge) => (edge.a === box ? edge.b : edge.a)).filter((other) => placed.includes(other));
  const mean = (axis, otherwise) => near.length
    ? near.reduce((sum, other) => sum + other[axis], 0) / near.length : otherwise;
  return {x: mean("x", width / 2), y: mean("y", height / 2)};
}

// Moves the box to the free position nearest to `wanted`; returns false if the map is full.
function placeNear(box, wanted, placed, width, height) {
  // Large fleets: fewer positions, quicker.
  const step = placed.length < 20 ? 6 : placed.length < 100 ? 16 : 40;
  let best = null;
  for (let y = box.h / 2 + BORDER; y <= height - box.h / 2 - BORDER; y += step) {
    for (let x = box.w / 2 + BORDER; x <= width - box.w / 2 - BORDER; x += step) {
      const far = Math.hypot(x - wanted.x, y - wanted.y);
      if (best && far >= best.far) continue;
      const here = {x, y, w: box.w, h: box.h};
      if (placed.every((other) => gapBetween(here, other) >= GAP)) best = {x, y, far};
    }
  }
  if (best) [box.x, box.y] = [best.x, best.y];
  return best !== null;
}

function placeAll(list, edges, width, height) {
  const placed = [];
  for (const kind of ["site", "router", "client"]) {
    for (const box of list.filter((one) => one.kind === kind)) {
      const wanted = box.home || startOf(box, edges, placed, width, height);
      if (!placeNear(box, wanted, placed, width, height)) return false;
      placed.push(box);
    }
  }
  return true;
}

// --- the search for better ones ---

// Numbers from 0 to 1, the same in every browser.
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

// What it costs if a site lies north of another on the map, but not on the earth, and so on.
function turnedRound(a, b, axis) {
  const onEarth = a.dot[axis] - b.dot[axis];
  return onEarth * (a[axis] - b[axis]) < 0 ? Math.min(3 * Math.abs(onEarth), 120) : 0;
}

// Simulated annealing: moves one box or swaps two boxes, and keeps the change if it lowers the
// cost. Early in the search it also keeps some changes that raise the cost.
class LayoutSearch {
  constructor(list, edges, width, height) {
    Object.assign(this, {list, edges, width, height});
  }

  // The best of several searches, each from the present positions.
  best() {
    const positions = () => this.list.map(({x, y}) => ({x: Math.round(x), y: Math.round(y)}));
    const moveTo = (places) => this.list.forEach((box, i) => Object.assign(box, places[i]));
    const first = positions();
    let best = null;
    for (let seed = 1; seed <= SEARCHES; ++seed) {
      moveTo(first);
      this.run(seed);
      const cost = this.list.reduce((sum, box) => sum + this.costOf(box), 0);
      if (!best || cost < best.cost) best = {cost, places: positions()};
    }
    moveTo(best.places);
  }

  run(seed) {
    this.random = makeRandom(seed);
    // The cost of one move grows with the square of the fleet; the page must not stall.
    const size = this.list.length + this.edges.length;
    const moves = Math.min(600 * this.list.length, Math.floor(WORK_MAX / (size * size)));
    for (let move = 0; move < moves; ++move) {
      const left = 1 - move / moves;
      const box = this.pick();
      if (this.random() < 0.25) {
        this.trySwap(box, this.pick(), left);
      } else {
        const reach = 20 + this.width * 0.5 * left * left;
        this.tryMove(box, {x: box.x + (this.random() - 0.5) * reach,
                           y: box.y + (this.random() - 0.5) * reach}, left);
      }
    }
  }

  pick() {
    return this.list[Math.floor(this.random() * this.list.length)];
  }

  tryMove(box, to, left) {
    const before = {x: box.x, y: box.y};
    const cost = this.costOf(box);
    Object.assign(box, to);
    if (!this.isFree(box) || !this.accepts(this.costOf(box) - cost, left)) {
      Object.assign(box, before);
    }
  }

  trySwap(one, other, left) {
    if (one === other) return;
    const [first, second] = [{x: one.x, y: one.y}, {x: other.x, y: other.y}];
    const cost = this.costOf(one) + this.costOf(other);
    Object.assign(one, second);
    Object.assign(other, first);
    if (this.isFree(one) && this.isFree(other) &&
        this.accepts(this.costOf(one) + this.costOf(other) - cost, left)) return;
    Object.assign(one, first);
    Object.assign(other, second);
  }

  accepts(change, left) {
    return change < 0 || this.random() < Math.exp(-change / (40 * left * left + 0.01));
  }

  isFree(box) {
    return Math.abs(box.x - this.width / 2) <= (this.width - box.w) / 2 - BORDER &&
      Math.abs(box.y - this.height / 2) <= (this.height - box.h) / 2 - BORDER &&
      this.list.every((other) => other === box || gapBetween(box, other) >= GAP);
  }

  // What the position of this box costs: in pixels of distance, more or less.
  costOf(box) {
    let cost = this.costOfSpace(box);
    if (box.home) cost += 1.3 * Math.hypot(box.x - box.home.x, box.y - box.home.y);
    if (box.dot) cost += 90 * this.countMet(box, {a: box, b: box, to: box.dot});
    for (const edge of this.edges) {
      if (edge.a !== box && edge.b !== box) {
        if (meetsBox(edge.a, edge.b, box, 8)) cost += 160;
        continue;
      }
      const far = Math.hypot(edge.a.x - edge.b.x, edge.a.y - edge.b.y);
      cost += edge.weight * Math.max(0, far - edge.length) + 160 * this.countMet(box, edge);
      for (const other of this.edges) {
        if (segmentsCross(edge.a, edge.b, other.a, other.b)) cost += 45;
      }
    }
    return cost;
  }

  // How many boxes lie on the edge; `to` replaces its second end.
  countMet(box, {a, b, to = b}) {
    let count = 0;
    for (const other of this.list) {
      if (other !== a && other !== b && meetsBox(a, to, other, 8)) ++count;
    }
    return count;
  }

  // Crowding, and covering the places of other sites.
  costOfSpace(box) {
    let cost = 0;
    for (const other of this.list) {
      if (other === box) continue;
      cost += 0.8 * Math.max(0, GAP + 18 - gapBetween(box, other));
      if (!other.dot) continue;
      if (containsPoint(box, other.dot, 4)) cost += 70;
      if (box.dot) cost += turnedRound(box, other, "x") + turnedRound(box, other, "y");
    }
    return cost;
  }
}

// --- everything ---

// Fits the panel's width, unless the boxes would then form a column far taller than a screen; then
// the panel scrolls.
function sizeFor(boxes, shown) {
  let area = 0;
  for (const box of boxes.values()) area += (box.w + GAP) * (box.h + GAP);
  if (shown >= NARROW) return {width: shown, height: Math.max(shown * 0.56, area * 1.9 / shown)};
  const width = area * 1.8 <= 2.6 * shown * shown ? shown : Math.sqrt(area * 1.25);
  return {width, height: area * 1.8 / width};
}

// Removes empty space above and below the boxes; returns how far everything moves up, and the
// height that remains.
function crop(list) {
  const up = Math.min(...list.map((box) => box.y - box.h / 2)) - 2 * BORDER;
  for (const box of list) {
    box.y -= up;
    if (box.dot) box.dot = {x: box.dot.x, y: box.dot.y - up};
  }
  return {up, height: Math.max(...list.map((box) => box.y + box.h / 2)) + 2 * BORDER};
}

function layOut(fleet, shown) {
  const boxes = boxesOf(fleet, shown < NARROW);
  const edges = edgesOf(fleet, boxes);
  const list = [...boxes.values()];
  const sites = list.filter((box) => box.kind === "site");
  const {width, height: wanted} = sizeFor(boxes, shown);
  for (let height = wanted; ; height *= 1.15) {
    const project = projectionFor(fleet.sites, width, height);
    setHomes(sites, project, width, height);
    if (!placeAll(list, edges, width, height)) continue;
    new LayoutSearch(list, edges, width, height).best();
    const cropped = crop(list);
    return {boxes, edges, width, height: cropped.height,
            project: project && ((longitude, latitude) => {
              const {x, y} = project(longitude, latitude);
              return {x, y: y - cropped.up};
            }),
            routes: new Routes(list, width, cropped.height)};
  }
}

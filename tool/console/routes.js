// The routes of the map's lines: straight from box to box where nothing lies between, otherwise
// around the corners of the boxes that do.
"use strict";

const MARGINS = [7, 13];    // Corners lie this far outside a box: two lines can pass side by side.
const CLEARANCE = 6;        // No line comes closer to a box that is not its end.
const BEND_COST = 15;       // In pixels of length.
const ROUTED_BOXES_MAX = 200;
const SHARED_COST = 30;     // For a corner that another line already uses.

function cornersOf(box, margins) {
  const signs = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  return margins.flatMap((margin) => signs.map(([x, y]) => ({
    x: box.x + x * (box.w / 2 + margin), y: box.y + y * (box.h / 2 + margin), used: false})));
}

class Routes {
  // Of a fleet with more than ROUTED_BOXES_MAX boxes all lines are straight: finding the routes of
  // the largest fleet would take many seconds, in which the page shows nothing.
  constructor(boxes, width, height) {
    this.boxes = boxes;
    this.known = new Map();
    const margins = boxes.length < 30 ? MARGINS : MARGINS.slice(0, 1);
    const routed = boxes.length <= ROUTED_BOXES_MAX ? boxes : [];
    this.corners = routed.flatMap((box) => cornersOf(box, margins)).filter(({x, y}) => (
      x > 1 && x < width - 1 && y > 1 && y < height - 1 &&
      !boxes.some((box) => containsPoint(box, {x, y}, CLEARANCE))));
    this.views = new Map();
  }

  // The points of the route from box `a` to box `b`, their centres included. The boxes never move,
  // so each route is computed once. Lines of different kinds have separate routes.
  between(a, b, kind) {
    const key = JSON.stringify([a.key, b.key, kind]);
    if (!this.known.has(key)) this.known.set(key, this.find(a, b));
    return this.known.get(key);
  }

  find(a, b) {
    if (this.isClear(a, b, [a, b])) return [a, b];
    const route = this.search(a, b);
    if (!route) return [a, b];  // No route around: a straight line is better than none.
    for (const corner of route) corner.used = true;
    return [a, ...route, b];
  }

  isClear(p, q, ends) {
    return this.boxes.every((box) => ends.includes(box) || !meetsBox(p, q, box, CLEARANCE));
  }

  // The corners that a straight line from this corner reaches.
  viewFrom(corner) {
    if (!this.views.has(corner)) {
      this.views.set(corner, this.corners.filter(
        (other) => other !== corner && this.isClear(corner, other, [])));
    }
    return this.views.get(corner);
  }

  // Dijkstra's algorithm over the corners; null if no route exists.
  search(a, b) {
    const best = new Map();
    const open = new Set();
    const reach = (corner, from, costSoFar) => {
      const cost = costSoFar + Math.hypot(corner.x - from.x, corner.y - from.y) + BEND_COST +
        (corner.used ? SHARED_COST : 0);
      if (best.has(corner) && best.get(corner).cost <= cost) return;
      best.set(corner, {cost, from});
      open.add(corner);
    };
    for (const corner of this.corners) {
      if (this.isClear(a, corner, [a])) reach(corner, a, 0);
    }
    let end = null;
    while (open.size > 0) {
      let next = null;
      for (const corner of open) {
        if (!next || best.get(corner).cost < best.get(next).cost) next = corner;
      }
      open.delete(next);
      const {cost} = best.get(next);
      if (end && cost >= end.cost) break;
      if (this.isClear(next, b, [b])) {
        const whole = cost + Math.hypot(b.x - next.x, b.y - next.y);
        if (!end || whole < end.cost) end = {cost: whole, corner: next};
      }
      for (const other of this.viewFrom(next)) reach(other, next, cost);
    }
    if (!end) return null;
    const route = [];
    for (let at = end.corner; at !== a; at = best.get(at).from) route.unshift(at);
    return route;
  }
}

// An SVG path through the points, its bends rounded.
function pathThrough(points) {
  const towards = (from, to, far) => {
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const share = Math.min(far, length / 2) / length;
    return `${(from.x + (to.x - from.x) * share).toFixed(1)} ` +
      `${(from.y + (to.y - from.y) * share).toFixed(1)}`;
  };
  let d = `M${points[0].x} ${points[0].y}`;
  for (let i = 1; i < points.length - 1; ++i) {
    const [before, at, after] = [points[i - 1], points[i], points[i + 1]];
    d += `L${towards(at, before, 10)}Q${at.x} ${at.y} ${towards(at, after, 10)}`;
  }
  const last = points[points.length - 1];
  return `${d}L${last.x} ${last.y}`;
}

// The middle of the part of the route that no end box covers.
function middleOf(points, ends) {
  const samples = [];
  for (let i = 1; i < points.length; ++i) {
    for (let step = 0; step <= 40; ++step) {
      const at = {x: points[i - 1].x + (points[i].x - points[i - 1].x) * step / 40,
                  y: points[i - 1].y + (points[i].y - points[i - 1].y) * step / 40};
      const far = Math.hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y) / 40;
      if (!ends.some((box) => containsPoint(box, at))) samples.push({at, far});
    }
  }
  if (samples.length === 0) return points[0];
  let left = samples.reduce((sum, {far}) => sum + far, 0) / 2;
  for (const {at, far} of samples) {
    left -= far;
    if (left <= 0) return at;
  }
  return samples[samples.length - 1].at;
}

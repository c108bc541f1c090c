// The page: receives the events, updates its parts, and runs the buttons' commands.
"use strict";

const byId = (id) => document.getElementById(id);
const STALE_MS = 5000;
const ASK_MS = 3000;  // While the console refuses an event stream.
const REOPEN_MS = 5000;
const REOPEN_MS_MAX = 60000;
const WEIGHT_SIGNS = {good: "▲", bad: "▼", warning: "◆", info: "•"};

async function act(button, verb, name, fault) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");  // Not disabled: that would lose the focus.
  const what = `${fault || verb} ${name}`;
  const query = new URLSearchParams(fault ? {node: name, fault} : {node: name});
  try {
    const reply = await fetch(`/api/${verb}?${query}`, {method: "POST", headers: {"X-Hither": "1"}});
    const text = await reply.text();
    say(reply.ok ? `${what}: done` : `${what} failed: ${refusalOf(reply, text)}`, reply.ok);
  } catch (error) {
    say(`${what} failed: the console does not answer`, false);
  }
  button.removeAttribute("aria-busy");
}

// Not all refusals are JSON: a wrong Host, or a proxy before the console, is answered in text.
function refusalOf(reply, text) {
  try {
    const {error} = JSON.parse(text);
    if (error) return String(error);
  } catch (error) { /* It is text. */ }
  return `the console answers HTTP status ${reply.status}: ${cut(text.trim() || "no reason", 200)}`;
}

function say(text, fine) {
  byId("toast").dataset.kind = fine ? "good" : "bad";
  setText(byId("toast"), text);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => setText(byId("toast"), ""), fine ? 6000 : 20000);
}

// --- summary ---

function countKind(good, all) {
  if (all === 0) return "";
  return good === all ? "good" : good === 0 ? "bad" : "warning";
}

function tilesOf(fleet) {
  const announced = fleet.sites.filter((site) => site.announced).length;
  const up = fleet.nodes.filter((node) => worstOf(node) === "UP").length;
  const rows = clientRows(fleet);
  const answered = rows.filter((row) => row.answer.site).length;
  const rates = fleet.nodes.map((node) => node.queries_per_second).filter((one) => one !== null);
  const times = fleet.sites.map((site) => site.rtt).filter((rtt) => rtt.samples > 0);
  const worst = times.length ? Math.max(...times.map((rtt) => rtt.p99_us)) : null;
  return [
    {name: "Sites announced", value: announced, of: fleet.sites.length, counts: true},
    {name: "Nodes up", value: up, of: fleet.nodes.length, counts: true},
    {name: "Clients answered", value: answered, of: rows.length, counts: true},
    {name: "Zones in step", value: fleet.zones_in_step,
     of: fleet.serials.length + fleet.serials_omitted, counts: true},
    {name: "Queries/s", value: rates.length ? rate(rates.reduce((a, b) => a + b, 0)) : "–"},
    {name: "Worst site's p99", value: milliseconds(worst)},
  ];
}

function fillTiles(fleet) {
  const tiles = byId("tiles");
  tilesOf(fleet).forEach((tile, i) => {
    if (!tiles.children[i]) tiles.append(make("div", {}, make("dt"), make("dd")));
    const [name, value] = tiles.children[i].children;
    setAttribute(tiles.children[i], "data-kind",
                 tile.counts ? countKind(tile.value, tile.of) : "");
    setText(name, tile.name);
    setText(value, tile.counts ? `${tile.value} of ${tile.of}` : String(tile.value));
  });
}

// --- time line ---

const WEIGHTS = {bad: 0, warning: 1, good: 2, info: 3};

class TimeLine {
  constructor(list, news) {
    this.list = list;
    this.news = news;
    this.last = null;  // The newest id shown; null: nothing shown yet.
  }

  update(entries) {
    const newest = entries.length ? entries[entries.length - 1].id : 0;
    if (this.last !== null && newest < this.last) this.restart();  // Another console.
    const fresh = entries.filter((entry) => this.last === null || entry.id > this.last);
    for (const entry of fresh) this.list.prepend(this.itemOf(entry));
    while (this.list.children.length > 200) this.list.lastChild.remove();
    // Events from before the page was opened are not news. A screen reader announces at most three
    // at a time, the most severe first.
    if (this.last !== null && fresh.length > 0) {
      const weighed = fresh.slice().sort((a, b) => WEIGHTS[a.weight] - WEIGHTS[b.weight]);
      const told = weighed.slice(0, 3).map((entry) => `${entry.who}: ${entry.text}`);
      this.news.textContent = told.join(". ");
    }
    this.last = newest;
  }

  restart() {
    this.list.replaceChildren();
    this.last = null;
  }

  itemOf(entry) {
    const at = new Date(entry.at_ms);
    return make("li", {"data-weight": entry.weight},
                make("time", {datetime: at.toISOString()},
                     at.toLocaleTimeString("en-GB", {hour12: false})),
                make("span", {class: "sign", "aria-hidden": "true"}, WEIGHT_SIGNS[entry.weight]),
                make("span", {class: "text"}, make("b", {}, entry.who), ` ${entry.text}`));
  }
}

// --- everything ---

class Page {
  constructor() {
    this.map = new FleetMap(byId("map"));
    this.line = new TimeLine(byId("line"), byId("news"));
    this.tables = null;
    this.fleet = null;
  }

  // The columns depend on the fleet: without agents there are no actions.
  makeTables(fleet) {
    const table = (id, caption, columns, keyOf) =>
      new LiveTable(byId(id), caption, columns, keyOf);
    this.tables = {
      nodes: table("node-table", "Nodes with their states", nodeColumns(fleet.has_agents),
                   (node) => node.id),
      routers: table("router-table", "Routers with their sessions",
                     routerColumns(fleet.has_agents), (router) => router.name),
      sites: table("site-table", "Sites with round-trip times", SITE_COLUMNS, (site) => site.name),
      clients: table("client-table", "Clients and the sites that answer them", CLIENT_COLUMNS,
                     (one) => `${one.client.name} ${one.answer.address || ""}`),
      serials: table("serial-table", "Serials of each zone by site", SERIAL_COLUMNS,
                     (one) => one.zone),
    };
  }

  update(fleet) {
    this.fleet = fleet;
    if (!this.tables) this.makeTables(fleet);
    setText(byId("title"), fleet.title);
    document.title = `${fleet.title} – Hither console`;
    setText(byId("subtitle"), fleet.addresses.join(", "));
    fillTiles(fleet);
    this.map.update(fleet);
    this.line.update(fleet.time_line);
    this.tables.nodes.update(fleet.nodes, fleet);
    this.tables.routers.update(fleet.routers, fleet);
    this.tables.sites.update(fleet.sites, fleet);
    this.tables.clients.update(clientRows(fleet), fleet);
    this.tables.serials.update(fleet.serials, fleet);
    setText(byId("more-serials"), fleet.serials_omitted ? `… and ${fleet.serials_omitted} more` : "");
    byId("routers-section").hidden = fleet.routers.length === 0;
    byId("catchment").hidden = fleet.clients.length === 0;
  }
}

// The page is as old as the last event, and says so.
class Feed {
  constructor(page) {
    this.page = page;
    this.asked = -ASK_MS;
    this.heard = performance.now();
    this.wait_ms = REOPEN_MS;
    this.open();
    setInterval(() => this.look(), 1000);
  }

  open() {
    this.reopen_at = null;
    this.source = new EventSource("/events");
    this.source.addEventListener("fleet", (event) => this.onFleet(event));
  }

  onFleet(event) {
    this.wait_ms = REOPEN_MS;
    this.take(() => JSON.parse(event.data), "live", "Live");
  }

  // Data that cannot be shown does not count as received: "Live" above an old picture would be
  // wrong.
  take(read, state, text) {
    try {
      this.page.update(read());
    } catch (error) {
      console.error(error);
      return this.show("lost", "The console sent data that this page cannot read; reload the page");
    }
    this.heard = performance.now();
    this.show(state, text);
  }

  look() {
    const now = performance.now();
    if (this.source.readyState === EventSource.CLOSED) this.whileRefused(now);
    if (now - this.heard < STALE_MS) return;
    this.show("lost", "No data from the console");
  }

  // A refusal closes an EventSource permanently, and the console refuses only if too many pages are
  // open. The page then polls instead, and reopens the stream less and less often.
  whileRefused(now) {
    if (this.reopen_at === null) {
      this.reopen_at = now + this.wait_ms;
      this.wait_ms = Math.min(2 * this.wait_ms, REOPEN_MS_MAX);
    }
    if (now >= this.reopen_at) return this.open();
    if (now - this.asked < ASK_MS) return;
    this.asked = now;
    this.ask();
  }

  async ask() {
    try {
      const reply = await fetch("/api/fleet", {signal: AbortSignal.timeout(STALE_MS)});
      const text = await reply.text();
      if (!reply.ok || this.source.readyState !== EventSource.CLOSED) return;
      this.take(() => JSON.parse(text), "asking",
                `Refused: too many pages are open; polls every ${ASK_MS / 1000} s`);
    } catch (error) { /* look() reports a silent console. */ }
  }

  show(state, text) {
    setAttribute(byId("live"), "data-state", state);
    setText(byId("live"), text);
    document.body.classList.toggle("lost", state === "lost");
  }
}

const page = new Page();
const feed = new Feed(page);
addEventListener("resize", () => page.fleet && page.map.update(page.fleet));

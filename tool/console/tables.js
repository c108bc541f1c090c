// The tables. Rows are made once and then changed in place, so that a user who has focused a button
// or is reading a cell does not lose the place every second.
"use strict";

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function milliseconds(us) {
  if (us === null || us === undefined) return "–";
  if (us < 100) return `${us} µs`;
  const ms = us / 1000;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function rate(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 10000) return `${(value / 1000).toFixed(1)} k`;
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}

function replaceIfNew(cell, key, build) {
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  cell.replaceChildren(...build());
}

// `columns`: [{name, head: bool, fill(cell, item, fleet)}]. `keyOf(item)` identifies a row.
class LiveTable {
  constructor(table, caption, columns, keyOf) {
    this.columns = columns;
    this.keyOf = keyOf;
    this.rows = new Map();
    const head = make("tr", {role: "row"});
    for (const column of columns) {
      head.append(make("th", {scope: "col", role: "columnheader"}, column.name));
    }
    this.body = make("tbody", {role: "rowgroup"});
    table.append(make("caption", {class: "hidden"}, caption),
                 make("thead", {role: "rowgroup"}, head), this.body);
  }

  update(items, fleet) {
    const seen = new Set();
    items.forEach((item, place) => {
      const key = this.keyOf(item);
      seen.add(key);
      const row = this.rows.get(key) || this.add(key);
      if (this.body.children[place] !== row.element) {
        this.body.insertBefore(row.element, this.body.children[place] || null);
      }
      this.columns.forEach((column, i) => column.fill(row.cells[i], item, fleet));
    });
    for (const [key, row] of this.rows) {
      if (seen.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
  }

  add(key) {
    const element = make("tr", {role: "row"});
    const cells = this.columns.map((column) => {
      const cell = make("div", {class: column.class ? `cell ${column.class}` : "cell"});
      element.append(column.head
        ? make("th", {scope: "row", role: "rowheader"}, cell)
        : make("td", {role: "cell", "data-label": column.name, class: column.wide ? "wide" : ""},
               cell));
      return cell;
    });
    const row = {element, cells};
    this.rows.set(key, row);
    return row;
  }
}

// --- cells ---

// A site that is not in the fleet is shown by its name alone.
function siteName(fleet, name) {
  if (!styleOf(fleet, name)) return make("span", {}, name);
  const picture = svg("svg", {width: 14, height: 14, "aria-hidden": "true"},
                      swatch(fleet, name, 14));
  return make("span", {class: "site-name"}, picture, name);
}

// A sidecar reports only the families that its services have. If neither family is known, the
// sidecar has not reported yet.
function fillFamily(cell, node, family) {
  const [state, other] = family === "IPv4" ? [node.v4, node.v6] : [node.v6, node.v4];
  if (state || !other) return fillState(cell, state);
  const shown = `no ${family} service`;
  replaceIfNew(cell, shown, () => [make("span", {class: "chip", "data-state": "none"}, shown)]);
}

function fillState(cell, state) {
  const word = state ? state.state : "unknown";
  const isAway = isAnnouncedToNobody(state);
  const shown = isAway ? `${word}, not announced` : word;
  replaceIfNew(cell, shown, () => [make("span", {class: "chip",
                                                 "data-state": isAway ? "DOWN" : word},
                                        `${isAway ? SIGNS.DOWN : SIGNS[word] || "?"} ${shown}`)]);
}

// One reason if both families have the same one.
function fillWhy(cell, node) {
  const told = [];
  for (const [family, state] of [["IPv4", node.v4], ["IPv6", node.v6]]) {
    if (state) told.push({family, text: `${state.reason} (${state.rule})`});
  }
  const same = told.length === 2 && told[0].text === told[1].text;
  const lines = same ? [told[0].text] : told.map((one) => `${one.family}: ${one.text}`);
  replaceIfNew(cell, JSON.stringify([lines, node.errors, node.faults, node.drained]), () => [
    ...node.errors.map((error) => make("span", {class: "error"}, error)),
    ...lines.map((line) => make("span", {class: "why"}, line, make("br"))),
    ...(node.drained ? [make("span", {class: "fault"}, "drained by the operator")] : []),
    ...node.faults.map((fault) => make("span", {class: "fault"}, `fault active: ${fault}`))]);
}

function fillRate(cell, node) {
  if (!cell.firstChild) {
    cell.append(make("span"), svg("svg", {class: "spark", viewBox: "0 0 120 24",
                                          preserveAspectRatio: "none", "aria-hidden": "true"},
                                  svg("path", {})));
  }
  setText(cell.firstChild, rate(node.queries_per_second));
  const most = Math.max(1, ...node.history);
  const points = node.history.map(
    (value, i) => `${(120 - 120 * (node.history.length - 1 - i) / 59).toFixed(1)} ${(22 - 20 * value / most).toFixed(1)}`);
  setAttribute(cell.lastChild.firstChild, "d", points.length > 1 ? `M${points.join("L")}` : "");
}

function fillSessions(cell, sessions, nameOf) {
  if (sessions === null) return setText(cell, "unknown");
  const up = sessions.filter((one) => one.state === "Established");
  const others = sessions.filter((one) => one.state !== "Established");
  if (sessions.length === 0) return setText(cell, "none");
  replaceIfNew(cell, JSON.stringify([up.length, others]), () => [
    `${up.length} of ${sessions.length} up`,
    ...others.map((one) => make("span", {class: "error"}, `${nameOf(one)}: ${one.state}`))]);
}

function fillZones(cell, node) {
  const bad = node.zones.filter((zone) => zone.state !== "ok");
  replaceIfNew(cell, JSON.stringify([node.zones_total, bad]), () => [
    node.zones_total ? `${node.zones_total}` : "–",
    ...bad.slice(0, 5).map((zone) => make("span", {class: "error"}, `${zone.name} ${zone.state}`))]);
}

const SHOW_ACTIONS = {
  node: [["drain", "", "Drain", ""], ["undrain", "", "Undrain", ""],
         ["break", "kill", "Kill", "danger"], ["break", "hang", "Hang", "danger"],
         ["break", "servfail", "SERVFAIL", "danger"], ["break", "stale", "Stale zone", "danger"],
         ["heal", "", "Heal", "mend"]],
  router: [["break", "cut", "Cut links", "danger"], ["heal", "", "Heal", "mend"]],
};

function fillActions(cell, kind, name, has_agent) {
  if (cell.firstChild || !has_agent) return;
  const group = make("div", {class: "actions", role: "group", "aria-label": `Actions for ${name}`});
  for (const [verb, fault, text, look] of SHOW_ACTIONS[kind]) {
    const button = make("button", {type: "button", class: look, "aria-label": `${text} ${name}`,
                                   "data-verb": fault || verb, "data-node": name}, text);
    button.addEventListener("click", () => act(button, verb, name, fault));
    group.append(button);
  }
  cell.append(group);
}

// --- the tables themselves ---

function nodeColumns(has_agents) {
  const columns = [
    {name: "Node", head: true, fill: (cell, node, fleet) => replaceIfNew(
      cell, node.id, () => [make("span", {class: "site-name"},
        svg("svg", {width: 14, height: 14, "aria-hidden": "true"}, swatch(fleet, node.site, 14)),
        node.id)])},
    {name: "IPv4", fill: (cell, node) => fillFamily(cell, node, "IPv4")},
    {name: "IPv6", fill: (cell, node) => fillFamily(cell, node, "IPv6")},
    {name: "Why", wide: true, fill: fillWhy},
    {name: "Queries/s", class: "num", fill: fillRate},
    {name: "Answers p50, p99", class: "num", fill: (cell, node) =>
      setText(cell, `${milliseconds(node.p50_us)}, ${milliseconds(node.p99_us)}`)},
    {name: "BGP", class: "num", fill: (cell, node) => fillSessions(cell, node.sessions, (one) => one.neighbor)},
    {name: "Zones", class: "num", fill: fillZones},
  ];
  if (has_agents) {
    columns.push({name: "Actions", wide: true, fill: (cell, node) =>
      fillActions(cell, "node", node.id, node.agent)});
  }
  return columns;
}

function routerColumns(has_agents) {
  const columns = [
    {name: "Router", head: true, fill: (cell, router) => setText(cell, router.name)},
    {name: "AS", class: "num", fill: (cell, router) => setText(cell, String(router.as || "–"))},
    {name: "Site", fill: (cell, router) => setText(cell, router.site || "transit")},
    {name: "Kind", fill: (cell, router) => setText(cell, router.kind || "–")},
    {name: "BGP", class: "num", fill: (cell, router) => fillSessions(cell, router.sessions, (one) => one.peer)},
    {name: "Faults", fill: (cell, router) => replaceIfNew(
      cell, JSON.stringify([router.faults, router.errors]), () => [
        ...router.errors.map((error) => make("span", {class: "error"}, error)),
        ...router.faults.map((fault) => make("span", {class: "fault"}, `fault active: ${fault}`)),
        router.faults.length + router.errors.length ? "" : "none"])},
  ];
  if (has_agents) {
    columns.push({name: "Actions", wide: true, fill: (cell, router) =>
      fillActions(cell, "router", router.name, router.agent)});
  }
  return columns;
}

function announcedText(site) {
  if (site.announced === null) return "? unknown";
  return site.announced ? "▲ yes" : "▼ no";
}

const SITE_COLUMNS = [
  {name: "Site", head: true, fill: (cell, site, fleet) => replaceIfNew(
    cell, site.name, () => [siteName(fleet, site.name)])},
  {name: "Place", fill: (cell, site) => setText(cell, site.place || "–")},
  {name: "AS", class: "num", fill: (cell, site) => setText(cell, String(site.as || "–"))},
  {name: "Announced", fill: (cell, site) => setText(cell, announcedText(site))},
  {name: "Clients", class: "num", fill: (cell, site) => setText(cell, String(site.clients))},
  {name: "Queries/s", class: "num", fill: (cell, site) => setText(cell, rate(site.queries_per_second))},
  {name: "RTT p50", class: "num", fill: (cell, site) => setText(cell, milliseconds(site.rtt.p50_us))},
  {name: "RTT p99", class: "num", fill: (cell, site) => setText(cell, milliseconds(site.rtt.p99_us))},
  {name: "Samples", class: "num", fill: (cell, site) => setText(cell, String(site.rtt.samples))},
];

function answerText(answer) {
  return answer.error || (answer.nsid ? `“${answer.nsid}”` : "nobody");
}

const CLIENT_COLUMNS = [
  {name: "Client", head: true, fill: (cell, one) => setText(cell, one.client.name)},
  {name: "AS", class: "num", fill: (cell, one) => setText(cell, String(one.client.as || "–"))},
  {name: "Address", fill: (cell, one) => setText(cell, one.answer.address || "–")},
  {name: "Site", fill: (cell, one, fleet) => replaceIfNew(
    cell, `${one.answer.site} ${answerText(one.answer)}`, () => [one.answer.site
      ? siteName(fleet, one.answer.site)
      : make("span", {class: "error"}, answerText(one.answer))])},
  {name: "Node", fill: (cell, one) => setText(cell, one.answer.node || "–")},
  {name: "RTT", class: "num", fill: (cell, one) => setText(cell, milliseconds(one.answer.rtt_us))},
  {name: "Serial", class: "num", fill: (cell, one) => setText(cell, String(one.answer.serial ?? "–"))},
  {name: "Lost", class: "num", fill: (cell, one) => setText(
    cell, one.answer.asked ? `${one.answer.lost} of ${one.answer.asked}` : "–")},
];

// A row for each address that a client queries; one row if the client has reported nothing.
function clientRows(fleet) {
  return fleet.clients.flatMap((client) => client.answers.length
    ? client.answers.map((answer) => ({client, answer}))
    : [{client, answer: {error: client.errors[0] || "no report yet", rtt_us: null}}]);
}

const SERIAL_COLUMNS = [
  {name: "Zone", head: true, fill: (cell, one) => setText(cell, one.zone)},
  {name: "All the same", fill: (cell, one) => setText(cell, one.agree ? "✓ yes" : "✕ no")},
  {name: "Serial at", class: "num", wide: true, fill: (cell, one, fleet) => replaceIfNew(
    cell, JSON.stringify(one.sites), () => Object.entries(one.sites).map(([site, serials]) =>
      make("span", {class: "serial"}, siteName(fleet, site), serials.join(", ") || "none")))},
];

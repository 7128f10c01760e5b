// Draws what the dashboard's expressions give, where there is no Grafana to take a picture of: the same panels, in the same places.
//
//   node build/draw-dashboard.mjs PROMETHEUS FROM TO [SECOND=WORDS …] > docs/images/dashboard.svg
//
// PROMETHEUS is http://127.0.0.1:9090, FROM and TO are seconds since 1970; what happened at a second stands as a line in every panel.
import { readFileSync } from 'node:fs';

const [prometheus, from, to, ...events] = process.argv.slice(2);
if (!to) throw new Error('node build/draw-dashboard.mjs PROMETHEUS FROM TO [SECOND=WORDS …]');
const dashboard = JSON.parse(readFileSync(new URL('../deploy/grafana/dashboards/continue-watching.json', import.meta.url)));
const step = 5, range = '30s';
const column = 60, line = 30, head = 60, pad = 10;
const colours = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#db2777', '#6b7280'];

const escape = text => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
const text = (x, y, words, more = '') => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(words)}</text>`;

async function ask(target) {
  const query = new URLSearchParams({ query: target.expr.replaceAll('$__rate_interval', range), start: from, end: to, step });
  const answer = await (await fetch(`${prometheus}/api/v1/query_range?${query}`)).json();
  if (answer.status !== 'success') throw new Error(`${target.expr}: ${answer.error}`);
  return answer.data.result.map(series => ({
    name: target.legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => series.metric[label] ?? ''),
    points: series.values.map(([at, value]) => [at, Number(value)]).filter(([, value]) => Number.isFinite(value)),
  }));
}

const scales = { s: [[1, ' s'], [1e-3, ' ms'], [1e-6, ' µs']], ms: [[1e3, ' s'], [1, ' ms']], bytes: [[1e9, ' GB'], [1e6, ' MB'], [1e3, ' kB']], Bps: [[1e6, ' MB/s'], [1e3, ' kB/s']], percentunit: [[0.01, ' %']], ops: [[1, '/s'], [1e-3, 'e-3/s']], reqps: [[1, '/s'], [1e-3, 'e-3/s']], short: [[1, '']] };
function show(value, unit) {
  if (value === 0) return '0';
  const [size, name] = (scales[unit] ?? scales.short).find(([size]) => value >= size) ?? (scales[unit] ?? scales.short).at(-1);
  return `${Number((value / size).toPrecision(2))}${name}`;
}

// Where a process was gone there is nothing to be drawn.
function stretches(points) {
  const whole = [[]];
  for (const point of points) {
    const last = whole.at(-1);
    if (last.length && point[0] - last.at(-1)[0] > step) whole.push([point]);
    else last.push(point);
  }
  return whole;
}

async function draw(panel) {
  const { x: left, y: top, w: wide, h: high } = panel.gridPos;
  const [x0, y0, width, height] = [left * column, head + top * line, wide * column, high * line];
  if (panel.type === 'row') return text(x0 + pad, y0 + 21, panel.title, 'font-size="15" font-weight="600"');
  const series = (await Promise.all(panel.targets.map(ask))).flat().filter(one => one.points.length);
  const unit = panel.fieldConfig.defaults.unit;
  const [a, b, c, d] = [x0 + 58, y0 + 34, x0 + width - 18, y0 + height - 44];
  const greatest = Math.max(...series.flatMap(one => one.points.map(point => point[1])), 0) || 1;
  const at = (second, value) => `${(a + (c - a) * (second - from) / (to - from)).toFixed(1)},${(d - (d - b) * value / greatest).toFixed(1)}`;
  const parts = [
    `<rect x="${x0 + 4}" y="${y0 + 4}" width="${width - 8}" height="${height - 8}" rx="4" fill="#fff" stroke="#e5e7eb"/>`,
    text(x0 + 14, y0 + 22, panel.title, 'font-weight="600"'),
    ...[0, 0.5, 1].map(share => `<path d="M${a},${d - (d - b) * share}H${c}" stroke="#e5e7eb"/>` + text(a - 6, d - (d - b) * share + 4, show(greatest * share, unit), 'text-anchor="end" fill="#6b7280" font-size="10"')),
    ...events.map(event => `<path d="M${at(Number(event.split('=')[0]), 0)}V${b}" stroke="#f59e0b" stroke-dasharray="3"/>`),
    ...series.flatMap((one, index) => stretches(one.points).map(points =>
      `<polyline fill="none" stroke="${colours[index % colours.length]}" stroke-width="1.5" points="${points.map(([second, value]) => at(second, value)).join(' ')}"/>`)),
  ];
  let x = x0 + 14, y = d + 18;
  for (const [index, one] of series.entries()) {
    const room = 20 + one.name.length * 6;
    if (x + room > c && x > x0 + 14) [x, y] = [x0 + 14, y + 14];
    parts.push(`<path d="M${x},${y - 4}h10" stroke="${colours[index % colours.length]}" stroke-width="2"/>`, text(x + 14, y, one.name, 'font-size="10" fill="#374151"'));
    x += room;
  }
  return parts.join('\n');
}

const height = head + Math.max(...dashboard.panels.map(panel => panel.gridPos.y + panel.gridPos.h)) * line;
const panels = [];
for (const panel of dashboard.panels) panels.push(await draw(panel));
const when = new Date(from * 1000).toISOString().slice(0, 16).replace('T', ' ');
const told = events.map(event => `${Number(event.split('=')[0]) - from} s: ${event.split('=').slice(1).join('=')}`).join('; ');
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${24 * column} ${height}" font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif" font-size="12" role="img" aria-label="${escape(dashboard.title)}">
<rect width="100%" height="100%" fill="#f9fafb"/>
${text(pad, 24, `${dashboard.title}: the dashboard's panels, drawn of what Prometheus answers to their expressions (not by Grafana)`, 'font-size="16" font-weight="600"')}
${text(pad, 44, `${when} UTC, ${to - from} s; ${told}`, 'fill="#6b7280"')}
${panels.join('\n')}
</svg>
`);

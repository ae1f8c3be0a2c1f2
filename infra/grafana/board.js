// The Grafana board, said briefly: `npm run generate` writes dashboards/sentinel-forge.json from it.
// A panel is [title, unit, { legend: expression }]; a row is its title and its panels, laid out from left to right.

const rows = [
  [
    'Is everything well?',
    ['Services that answer', 'none', { answering: 'sum(up{job="forge"})' }],
    ['What is missing', 'none', { '{{service}}: {{dependency}}': 'forge_dependency_up == 0' }],
    ['Record intact', 'bool_yes_no', { intact: 'min(forge_record_intact)' }],
    ['Dead letters, last hour', 'none', { 'dead letters': 'sum(increase(forge_dead_letters_total[1h]))' }],
  ],
  [
    'Defence',
    ['Telemetry decided on', 'cps', { '{{verdict}}': 'sum by (verdict) (rate(forge_telemetry_decided_total[5m]))' }],
    [
      'Messages not handled yet',
      'short',
      { '{{stream}} / {{consumer}}': 'max by (stream, consumer) (forge_consumer_lag_messages)' },
    ],
    [
      'Dead letters',
      'short',
      {
        '{{consumer}}: {{cause}}': 'sum by (consumer, cause) (increase(forge_dead_letters_total[10m]))',
      },
    ],
  ],
  [
    'Healing',
    ['Told of containers', 'short', { '{{state}}': 'sum by (state) (increase(forge_healing_told_total[10m]))' }],
    [
      'Restarts',
      'short',
      { '{{how}}: {{outcome}}': 'sum by (how, outcome) (increase(forge_healing_restarts_total[10m]))' },
    ],
    [
      'Unhealthy until the restart is asked',
      's',
      {
        median: 'histogram_quantile(0.5, sum by (le) (rate(forge_healing_reaction_seconds_bucket[1h])))',
        p99: 'histogram_quantile(0.99, sum by (le) (rate(forge_healing_reaction_seconds_bucket[1h])))',
      },
    ],
  ],
  [
    'Notices',
    [
      'Delivered, given up',
      'short',
      { '{{channel}}: {{state}}': 'sum by (channel, state) (increase(forge_messages_settled_total[10m]))' },
    ],
    ['Waiting', 'short', { '{{channel}}: {{state}}': 'sum by (channel, state) (forge_notices_waiting)' }],
    ['Receivers out of order', 'short', { '{{channel}}': 'sum by (channel) (forge_channel_circuits_open)' }],
  ],
  [
    'Record and services',
    ['Recorded', 'cps', { entries: 'sum(rate(forge_record_entries_total[5m]))' }],
    ['Since the last verification', 's', { age: 'time() - max(forge_record_verified_timestamp_seconds)' }],
    [
      'HTTP answers, p99',
      's',
      {
        '{{service}}':
          'histogram_quantile(0.99, sum by (le, service) (rate(forge_http_request_duration_seconds_bucket[5m])))',
      },
    ],
    ['Resident memory', 'bytes', { '{{service}}': 'process_resident_memory_bytes{job="forge"}' }],
  ],
];

const gridColumns = 24;
const heightOf = { stat: 4, timeseries: 8 };

/** The board as Grafana takes it (schema version 39). */
export function renderBoard() {
  const panels = [];
  let top = 0;
  for (const [index, [title, ...row]] of rows.entries()) {
    // What is well or not is a figure; what goes up and down is a line.
    const type = index === 0 ? 'stat' : 'timeseries';
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: grid(0, top, 1, 1),
    });
    for (const [column, panel] of row.entries()) {
      const gridPos = grid(column, top + 1, row.length, heightOf[type]);
      panels.push(renderPanel(panels.length + 1, type, panel, gridPos));
    }
    top += 1 + heightOf[type];
  }
  const board = {
    uid: 'sentinel-forge',
    title: 'Sentinel Forge',
    description: 'Generated from infra/grafana/board.js. Change that, then run: npm run generate',
    tags: ['sentinel-forge'],
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
    panels,
  };
  return `${JSON.stringify(board, null, 2)}\n`;
}

function grid(column, y, columns, height) {
  const w = gridColumns / columns;
  return { h: height, w, x: column * w, y };
}

function renderPanel(id, type, [title, unit, targets], gridPos) {
  return {
    id,
    type,
    title,
    gridPos,
    datasource: { type: 'prometheus', uid: `\${datasource}` },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(targets).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      expr,
      legendFormat,
    })),
  };
}

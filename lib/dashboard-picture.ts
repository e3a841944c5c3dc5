/** Draws the layout of the dashboard from a template, so that a reviewer sees it without deploying. */

import * as v from 'valibot';

/** Pixels of one unit of the dashboard's grid of 24 columns. */
const UNIT = 40;

const Template = v.object({
  Resources: v.record(
    v.string(),
    v.object({
      Type: v.string(),
      Properties: v.optional(v.record(v.string(), v.unknown()), {}),
    }),
  ),
});

/** The body is JSON text, joined from parts that name resources. */
const Body = v.object({ 'Fn::Join': v.tuple([v.string(), v.array(v.unknown())]) });

const Widget = v.object({
  x: v.number(),
  y: v.number(),
  width: v.number(),
  height: v.number(),
  type: v.string(),
  properties: v.object({
    title: v.optional(v.string()),
    markdown: v.optional(v.string()),
    metrics: v.optional(v.array(v.array(v.unknown())), []),
    alarms: v.optional(v.array(v.unknown()), []),
  }),
});

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** What a widget shows, line by line. */
function linesOf({ type, properties }: v.InferOutput<typeof Widget>): readonly string[] {
  const { title, markdown, metrics, alarms } = properties;
  if (markdown !== undefined) return markdown.split('\n').filter((line) => line !== '');
  const labels = metrics.map((metric) => {
    const options = metric.at(-1);
    const label = v.safeParse(v.object({ label: v.string() }), options);
    return `- ${label.success ? label.output.label : String(metric[1])}`;
  });
  return [
    title ?? type,
    ...labels,
    ...(alarms.length > 0 ? [`${alarms.length} alarms`] : []),
    ...(type === 'log' ? ['- a table of log lines'] : []),
  ];
}

/**
 * Draws a template's dashboard as SVG.
 *
 * @throws Error when the template has no dashboard
 */
export function drawDashboard(template: string): string {
  const { Resources } = v.parse(Template, JSON.parse(template));
  const dashboard = Object.values(Resources).find(
    ({ Type }) => Type === 'AWS::CloudWatch::Dashboard',
  );
  if (dashboard === undefined) throw new Error('The template has no dashboard.');
  const [separator, parts] = v.parse(Body, dashboard.Properties['DashboardBody'])['Fn::Join'];
  const body = parts.map((part) => (typeof part === 'string' ? part : 'resource')).join(separator);
  const { widgets } = v.parse(v.object({ widgets: v.array(Widget) }), JSON.parse(body));
  const height = Math.max(...widgets.map((widget) => widget.y + widget.height)) * UNIT;
  const boxes = widgets.map((widget) => {
    const [x, y] = [widget.x * UNIT, widget.y * UNIT];
    const text = linesOf(widget).map(
      (line, i) => `<text x="${x + 12}" y="${y + 26 + i * 20}">${escape(line)}</text>`,
    );
    const size = `width="${widget.width * UNIT - 4}" height="${widget.height * UNIT - 4}"`;
    return `<rect x="${x + 2}" y="${y + 2}" ${size} rx="4" fill="#f4f6f8" stroke="#8a94a0"/>${text.join('')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${24 * UNIT} ${height}" font-family="sans-serif" font-size="14">`,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

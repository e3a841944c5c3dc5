/** The charts of the last ten minutes. */

import uPlot from 'uplot';
import { HISTORY_SECONDS, type Sample } from '../state.ts';
import { bucketsOf, type Buckets, type SeriesName } from './buckets.ts';
import { find, make, setAttribute, setText } from './dom.ts';
import { formatNumber, formatTime } from './format.ts';

/** A line, or a part of the bars. Its colour is the CSS variable `--c-<name>`. */
interface Series {
  readonly name: SeriesName;
  readonly label: string;
}

type Kind = 'lines' | 'bars';

interface Chart {
  readonly draw: (buckets: Buckets) => void;
  /** Draws again with the colours of now. */
  readonly restyle: () => void;
}

const EVENTS: readonly Series[] = [
  { name: 'waiting', label: 'waiting' },
  { name: 'accepted', label: 'accepted' },
  { name: 'delivered', label: 'delivered' },
  { name: 'deduplicated', label: 'deduplicated' },
];

const ANSWERS: readonly Series[] = [
  { name: '2xx', label: 'accepted (2xx)' },
  { name: '429', label: 'throttled (429)' },
  { name: '4xx', label: 'refused (4xx)' },
  { name: '5xx', label: 'failed (5xx)' },
  { name: 'none', label: 'no answer' },
];

/** The number in the legend: what waits now, or the sum of the others. */
function totalOf({ series }: Buckets, name: SeriesName): number {
  const values = series[name];
  return name === 'waiting' ? (values.at(-1) ?? 0) : values.reduce((sum, each) => sum + each, 0);
}

/** Makes a legend in HTML. uPlot's own shows numbers only under the pointer. */
function showLegend(id: string, all: readonly Series[]): (totals: readonly number[]) => void {
  const numbers = all.map(({ name, label }) => {
    const number = make('b');
    const swatch = make('span', { class: 'swatch' });
    swatch.style.background = `var(--c-${name})`;
    find(id, HTMLUListElement).append(make('li', {}, [swatch, `${label} `, number]));
    return number;
  });
  return (totals) => {
    for (const [index, number] of numbers.entries())
      setText(number, formatNumber(totals[index] ?? 0));
  };
}

/** Possible distances between labels of the time axis, seconds. */
const LABEL_STEPS = [15, 30, 60, 120, 180, 300];

/** Width of a label of the time axis with its margins, pixels. */
const LABEL_WIDTH = 75;

/** Times to label: as many as fit, at multiples of a step. */
function labelTimes(from: number, to: number, width: number): number[] {
  const most = Math.max(2, Math.floor(width / LABEL_WIDTH));
  const step = LABEL_STEPS.find((each) => (to - from) / each <= most) ?? 300;
  const first = Math.ceil(from / step) * step;
  const length = Math.floor((to - first) / step) + 1;
  return Array.from({ length }, (_, index) => first + index * step);
}

/** A colour of the stylesheet in the form that a canvas takes: variables and schemes resolved. */
function colorOf(box: HTMLElement, name: string): string {
  box.style.color = `var(--${name})`;
  return getComputedStyle(box).color;
}

function axesOf(box: HTMLElement): uPlot.Axis[] {
  const common = {
    stroke: colorOf(box, 'muted'),
    grid: { stroke: colorOf(box, 'grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return [
    {
      ...common,
      size: 26,
      splits: (plot, _, from, to) => labelTimes(from, to, plot.width),
      values: (_, times) => times.map((time) => formatTime(time * 1000)),
    },
    {
      ...common,
      // Seven digits need more than the usual width.
      size: (_, values) =>
        Math.max(44, ...(values ?? []).map((value) => 12 + 7 * (value ?? '').length)),
      values: (_, values) =>
        values.map((value) => (Number.isInteger(value) ? formatNumber(value) : null)),
    },
  ];
}

function seriesOf(box: HTMLElement, all: readonly Series[], kind: Kind): uPlot.Series[] {
  const paths = uPlot.paths.bars?.({ size: [0.9, 30], align: 1 });
  return all.map(({ name, label }) => {
    const stroke = colorOf(box, `c-${name}`);
    const common = { label, stroke, points: { show: false } };
    if (kind === 'bars') return { ...common, fill: stroke, width: 0, ...(paths && { paths }) };
    const fill = name === 'waiting' ? { fill: colorOf(box, 'c-waiting-fill') } : {};
    return { ...common, width: 2, ...fill };
  });
}

/** Stacks bars: each series becomes the sum of itself and all after it. */
function stacked(rows: readonly (readonly number[])[]): number[][] {
  const result: number[][] = [];
  for (const row of rows.toReversed()) {
    const above = result[0];
    result.unshift(row.map((value, index) => value + (above?.[index] ?? 0)));
  }
  return result;
}

function showChart(id: string, name: string, all: readonly Series[], kind: Kind): Chart {
  const box = find(`${id}-chart`, HTMLDivElement);
  const showTotals = showLegend(`${id}-legend`, all);
  let plot: uPlot | undefined;
  let last: Buckets | undefined;

  const size = (): { width: number; height: number } => ({
    width: Math.max(200, box.clientWidth),
    height: box.clientHeight,
  });
  const dataOf = ({ times, series }: Buckets): uPlot.AlignedData => {
    const rows = all.map((each) => [...series[each.name]]);
    return [[...times], ...(kind === 'bars' ? stacked(rows) : rows)];
  };
  const create = (buckets: Buckets): uPlot =>
    new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 26, 0, 0],
        scales: {
          x: { time: false, range: () => [last?.start ?? 0, last?.end ?? 0] },
          y: { range: (_, __, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.1))] },
        },
        axes: axesOf(box),
        series: [{}, ...seriesOf(box, all, kind)],
      },
      dataOf(buckets),
      box,
    );
  const draw = (buckets: Buckets): void => {
    last = buckets;
    plot ??= create(buckets);
    plot.setData(dataOf(buckets));
    const totals = all.map((each) => totalOf(buckets, each.name));
    showTotals(totals);
    const words = all.map(({ label }, index) => `${label} ${formatNumber(totals[index] ?? 0)}`);
    setAttribute(box, 'aria-label', `${name}: ${words.join(', ')}`);
  };
  new ResizeObserver(() => plot?.setSize(size())).observe(box);
  return {
    draw,
    restyle: () => {
      plot?.destroy();
      plot = undefined;
      if (last !== undefined) draw(last);
    },
  };
}

/** Starts the charts. */
export function showCharts(): {
  readonly reset: (history: readonly Sample[]) => void;
  readonly add: (sample: Sample) => void;
} {
  const charts = [
    showChart('events', 'Events per 5 seconds', EVENTS, 'lines'),
    showChart('answers', 'Answers of PagerDuty', ANSWERS, 'bars'),
  ];
  let samples: readonly Sample[] = [];
  const draw = (): void => {
    const buckets = bucketsOf(samples, Math.floor(Date.now() / 1000));
    for (const chart of charts) chart.draw(buckets);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const chart of charts) chart.restyle();
  });
  return {
    reset: (history) => {
      samples = history;
      draw();
    },
    add: (sample) => {
      samples = [...samples, sample].slice(-HISTORY_SECONDS);
      draw();
    },
  };
}

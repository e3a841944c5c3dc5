/** The chart of the last ten minutes. */

import uPlot from 'uplot';
import type { AnswerClass, Sample } from '../state.ts';
import { bucketsOf, type Buckets, SPAN_SECONDS } from './buckets.ts';
import { find, make, setAttribute, setText } from './dom.ts';
import { formatNumber, formatTime } from './format.ts';

interface Line {
  readonly label: string;
  /** Name of the CSS variable that has its colour. */
  readonly color: string;
  readonly values: (buckets: Buckets) => readonly number[];
  /** What the legend says behind the label. */
  readonly total: (values: readonly number[]) => number;
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const latest = (values: readonly number[]): number => values.at(-1) ?? 0;

const EVENTS: readonly Line[] = [
  { label: 'waiting', color: '--c-waiting', values: ({ waiting }) => waiting, total: latest },
  { label: 'in', color: '--c-in', values: ({ accepted }) => accepted, total: sum },
  { label: 'delivered', color: '--c-delivered', values: ({ delivered }) => delivered, total: sum },
  {
    label: 'deduplicated',
    color: '--c-deduplicated',
    values: ({ deduplicated }) => deduplicated,
    total: sum,
  },
];

function answerLine(label: string, name: AnswerClass): Line {
  return {
    label,
    color: `--c-answer-${name}`,
    values: ({ answers }) => answers[name],
    total: sum,
  };
}

const ANSWERS: readonly Line[] = [
  answerLine('taken (2xx)', '2xx'),
  answerLine('throttled (429)', '429'),
  answerLine('refused (4xx)', '4xx'),
  answerLine('failed (5xx)', '5xx'),
  answerLine('no answer', 'none'),
];

function cssValue(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A legend of its own: it is read without a pointer, and its numbers do not jump. */
function showLegend(id: string, lines: readonly Line[]): (totals: readonly number[]) => void {
  const list = find(id, HTMLUListElement);
  const numbers = lines.map(({ label, color }) => {
    const number = make('b');
    const swatch = make('span', {
      class: `swatch ${color.slice(2)}`,
      attributes: { 'aria-hidden': 'true' },
    });
    list.append(make('li', {}, [swatch, `${label} `, number]));
    return number;
  });
  return (totals) => {
    for (const [position, number] of numbers.entries()) {
      setText(number, formatNumber(totals[position] ?? 0));
    }
  };
}

/** Steps between the labels of the time axis, seconds. */
const STEPS = [15, 30, 60, 120, 180, 300];

/** Width of a label of the time axis with some air, pixels. */
const LABEL_WIDTH = 75;

/** Moments for the labels of the time axis: round ones, and as many as fit. */
function moments(from: number, to: number, width: number): number[] {
  const most = Math.max(2, Math.floor(width / LABEL_WIDTH));
  const step = STEPS.find((each) => (to - from) / each <= most) ?? 300;
  const first = Math.ceil(from / step) * step;
  return Array.from(
    { length: Math.floor((to - first) / step) + 1 },
    (_, index) => first + index * step,
  );
}

function wholeNumbers(values: readonly number[]): (string | null)[] {
  return values.map((value) => (Number.isInteger(value) ? formatNumber(value) : null));
}

function axes(): uPlot.Axis[] {
  const common = {
    stroke: cssValue('--muted'),
    grid: { stroke: cssValue('--grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const time: uPlot.Axis = {
    ...common,
    size: 26,
    splits: (plot, _, from, to) => moments(from, to, plot.width),
    values: (_, splits) => splits.map((split) => formatTime(split * 1000)),
  };
  return [time, { ...common, size: 44, values: (_, splits) => wholeNumbers(splits) }];
}

type Kind = 'lines' | 'bars';

function seriesOf(lines: readonly Line[], kind: Kind): uPlot.Series[] {
  const bars = uPlot.paths.bars?.({ size: [0.9, 30], align: 1 });
  return lines.map(({ label, color }, index) => {
    const stroke = cssValue(color);
    if (kind === 'bars') {
      return {
        label,
        stroke,
        fill: stroke,
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      };
    }
    const fill = index === 0 ? { fill: cssValue('--c-waiting-fill') } : {};
    return { label, stroke, width: 2, points: { show: false }, ...fill };
  });
}

/** Bars stand on one another: each series is drawn as the sum of itself and all after it. */
function stacked(values: readonly (readonly number[])[]): number[][] {
  const result: number[][] = [];
  let above: readonly number[] = [];
  for (const row of values.toReversed()) {
    const total = row.map((value, index) => value + (above[index] ?? 0));
    result.unshift(total);
    above = total;
  }
  return result;
}

function showChart(options: {
  readonly id: string;
  readonly legend: string;
  readonly name: string;
  readonly lines: readonly Line[];
  readonly kind: Kind;
}): { readonly draw: (buckets: Buckets) => void; readonly restyle: () => void } {
  const { id, legend, name, lines, kind } = options;
  const box = find(id, HTMLDivElement);
  box.setAttribute('role', 'img');
  const showTotals = showLegend(legend, lines);
  let plot: uPlot | undefined;
  let last: Buckets | undefined;

  const size = (): { width: number; height: number } => ({
    width: Math.max(200, box.clientWidth),
    height: box.clientHeight,
  });
  const dataOf = (buckets: Buckets): uPlot.AlignedData => {
    const values = lines.map((line) => line.values(buckets));
    const drawn = kind === 'bars' ? stacked(values) : values.map((row) => Array.from(row));
    return [[...buckets.times], ...drawn];
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
        axes: axes(),
        series: [{}, ...seriesOf(lines, kind)],
      },
      dataOf(buckets),
      box,
    );
  const draw = (buckets: Buckets): void => {
    last = buckets;
    plot ??= create(buckets);
    plot.setData(dataOf(buckets));
    const totals = lines.map((line) => line.total(line.values(buckets)));
    showTotals(totals);
    const words = lines.map(({ label }, index) => `${label} ${formatNumber(totals[index] ?? 0)}`);
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
    showChart({
      id: 'events-chart',
      legend: 'events-legend',
      name: 'Events in five seconds',
      lines: EVENTS,
      kind: 'lines',
    }),
    showChart({
      id: 'answers-chart',
      legend: 'answers-legend',
      name: 'Answers of PagerDuty',
      lines: ANSWERS,
      kind: 'bars',
    }),
  ];
  let samples: Sample[] = [];
  const draw = (): void => {
    const buckets = bucketsOf(samples, Math.floor(Date.now() / 1000));
    for (const chart of charts) chart.draw(buckets);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const chart of charts) chart.restyle();
  });
  return {
    reset: (history) => {
      samples = [...history];
      draw();
    },
    add: (sample) => {
      samples.push(sample);
      if (samples.length > SPAN_SECONDS) samples.shift();
      draw();
    },
  };
}

/** The steps of the pipeline, and the accounting below them. */

import type { PipelineView, StepName, StepView } from '../state.ts';
import { accountingText } from './accounting-text.ts';
import { find, keyedList, make, type Row, setAttribute, setText } from './dom.ts';
import { formatNumber } from './format.ts';

const TITLES: Readonly<Record<StepName, string>> = {
  webhook: 'Webhook',
  ingest: 'Ingest',
  queue: 'Queue',
  delivery: 'Delivery',
  pagerduty: 'PagerDuty',
  'dead-letters': 'Dead letters',
};

function stepRow({ name, figures }: StepView): Row<StepView> {
  const state = make('span', { class: 'state' });
  const note = make('p', { class: 'note' });
  const numbers = figures.map((_, index) => make(index === 0 ? 'b' : 'dd'));
  const labels = figures.map((_, index) => make(index === 0 ? 'span' : 'dt'));
  const [main = '', ...others] = numbers;
  const [mainLabel = '', ...otherLabels] = labels;
  const element = make('li', { class: 'step', attributes: { 'data-step': name } }, [
    make('h2', { text: TITLES[name] }),
    make('p', {}, [state]),
    make('p', { class: 'main' }, [main, ' ', mainLabel]),
    make(
      'dl',
      {},
      others.map((number, index) => make('div', {}, [otherLabels[index] ?? '', number])),
    ),
    note,
  ]);
  return {
    element,
    update: (step) => {
      setAttribute(element, 'data-state', step.state);
      setText(state, step.state.replace('-', ' '));
      setText(note, step.note);
      for (const [index, number] of numbers.entries()) {
        const [label = '', value = 0] = step.figures[index] ?? [];
        setText(number, formatNumber(value));
        const text = labels[index];
        if (text !== undefined) setText(text, label);
      }
    },
  };
}

/** Starts the pipeline. @returns what shows another state of it */
export function showPipeline(): (view: PipelineView) => void {
  const update = keyedList(
    find('pipeline', HTMLOListElement),
    ({ name }: StepView) => name,
    stepRow,
  );
  const line = find('accounting', HTMLParagraphElement);
  return ({ steps, accounting }) => {
    update(steps);
    setText(line, accountingText(accounting));
    setAttribute(line, 'data-balanced', String(accounting.balanced));
    setAttribute(line, 'data-wrong', String(accounting.wrong !== undefined));
  };
}

/** The pipeline as a picture. */

import type { ConservationView, PipelineView, StageName, StageView } from '../state.ts';
import { keyedList, make, find, type Row, setAttribute, setText } from './dom.ts';
import { formatNumber } from './format.ts';

const TITLES: Readonly<Record<StageName, string>> = {
  webhook: 'Webhook',
  ingest: 'Ingest',
  queue: 'Queue',
  delivery: 'Delivery',
  pagerduty: 'PagerDuty',
  'dead-letters': 'Dead letters',
};

const STATES: Readonly<Record<StageView['state'], string>> = {
  idle: 'idle',
  flowing: 'flowing',
  'backing-off': 'backing off',
  broken: 'broken',
};

function stageRow({ name, figures }: StageView): Row<StageView> {
  const state = make('span', { class: 'state' });
  const note = make('p', { class: 'note' });
  const value = make('b', { class: 'main-figure' });
  const label = make('span', { class: 'main-label' });
  const rest = figures.slice(1).map(([text]) => {
    const number = make('dd');
    return { number, element: make('div', {}, [make('dt', { text }), number]) };
  });
  const element = make('li', { class: 'stage', attributes: { 'data-stage': name } }, [
    make('h3', { text: TITLES[name] }),
    make('p', {}, [state]),
    make('p', { class: 'main' }, [value, ' ', label]),
    make(
      'dl',
      {},
      rest.map((each) => each.element),
    ),
    note,
  ]);
  return {
    element,
    update: (stage) => {
      setAttribute(element, 'data-state', stage.state);
      setText(state, STATES[stage.state]);
      setText(note, stage.note);
      for (const [position, [text, number]] of stage.figures.entries()) {
        if (position === 0) {
          setText(value, formatNumber(number));
          setText(label, text);
        } else {
          const figure = rest[position - 1];
          if (figure !== undefined) setText(figure.number, formatNumber(number));
        }
      }
    },
  };
}

/** Every accepted event is in exactly one place; what is between two is not counted for a moment. */
function lawText(law: ConservationView): string {
  const { accepted, delivered, deduplicated, waiting, deadLetters, deduplicatedByReplay } = law;
  const places = [
    `${formatNumber(delivered)} delivered`,
    `${formatNumber(deduplicated + deduplicatedByReplay)} deduplicated`,
    `${formatNumber(waiting)} waiting`,
    `${formatNumber(deadLetters)} dead letters`,
  ];
  return `${formatNumber(accepted)} accepted = ${places.join(' + ')}`;
}

/** Starts the picture. @returns what shows another state of it */
export function showPipeline(): (view: PipelineView) => void {
  const update = keyedList(
    find('pipeline', HTMLOListElement),
    ({ name }: StageView) => name,
    stageRow,
  );
  const law = find('law', HTMLParagraphElement);
  return ({ stages, conservation }) => {
    update(stages);
    setText(law, lawText(conservation));
    const { accepted, delivered, deduplicated, waiting, deadLetters, deduplicatedByReplay } =
      conservation;
    const known = delivered + deduplicated + waiting + deadLetters + deduplicatedByReplay;
    setAttribute(law, 'data-holds', String(accepted === known));
  };
}

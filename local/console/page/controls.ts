/** The controls: set what PagerDuty does, send an event, run a storm. */

import type { PipelineView, SendAnswer, StormView } from '../state.ts';
import { ask, messageOf } from './api.ts';
import { find, make, setAttribute, setText } from './dom.ts';
import { formatNumber } from './format.ts';

interface ModeChoice {
  readonly kind: string;
  readonly label: string;
  readonly milliseconds?: number;
}

/** `slow` stays below the local stage's call timeout of 2 s; above it, calls would time out. */
const MODES: readonly ModeChoice[] = [
  { kind: 'ok', label: 'works' },
  { kind: 'down', label: 'down (503)' },
  { kind: 'throttle', label: 'throttles (429)' },
  { kind: 'refuse', label: 'refuses (400)' },
  { kind: 'hang', label: 'hangs' },
  { kind: 'slow', label: 'slow', milliseconds: 1500 },
];

/** Longest way of a message that was written before the bridge took a choice, milliseconds. */
const STALE = 1_000;

function showModes(): (mode: string | undefined) => void {
  const box = find('modes', HTMLFieldSetElement);
  const error = find('mode-error', HTMLParagraphElement);
  // Requests go one after the other: arrow keys select several modes in a row, and the last must win.
  let pending = 0;
  let queue = Promise.resolve();
  /** The mode of the bridge's newest message. */
  let known: string | undefined;
  /** A choice that the bridge took, until a message has it. */
  let taken: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    // A message from before the choice must not undo it.
    if (pending > 0 || (taken !== undefined && taken !== known)) return;
    taken = undefined;
    box.disabled = known === undefined;
    if (known === undefined)
      setText(error, 'Events go to another PagerDuty. Its behaviour cannot be set here.');
    // The drill and tests set modes that are not in this list: then none is checked.
    for (const input of inputs) input.checked = input.value === known;
  };
  const put = async (mode: Omit<ModeChoice, 'label'>): Promise<void> => {
    try {
      await ask('PUT', '/api/pagerduty/mode', mode);
      setText(error, '');
      taken = mode.kind;
    } catch (reason) {
      setText(error, messageOf(reason));
    } finally {
      pending -= 1;
      clearTimeout(timer);
      timer = setTimeout(() => {
        taken = undefined;
        show();
      }, STALE);
    }
  };
  const inputs = MODES.map(({ label, ...mode }) => {
    const input = make('input', { attributes: { type: 'radio', name: 'mode', value: mode.kind } });
    input.addEventListener('change', () => {
      pending += 1;
      queue = queue.then(async () => put(mode));
    });
    box.append(make('label', {}, [input, make('span', { text: label })]));
    return input;
  });
  return (mode) => {
    known = mode;
    show();
  };
}

type Show = (text: string, kind: 'done' | 'failed' | 'busy') => void;

/** Calls `submit` instead of sending the form. @returns what shows the outcome below the form */
function onSubmit(form: HTMLFormElement, submit: (data: FormData) => Promise<void>): Show {
  const line = form.querySelector('.outcome');
  const show: Show = (text, kind) => {
    if (line === null) return;
    setText(line, text);
    setAttribute(line, 'data-kind', kind);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(new FormData(form)).catch((error: unknown) => show(messageOf(error), 'failed'));
  });
  return show;
}

/** A number from a form; `NaN`, which the bridge refuses with a message, when it is not a number. */
function numberIn(data: FormData, name: string): number {
  const value = data.get(name);
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function showSend(): void {
  const show = onSubmit(find('send-form', HTMLFormElement), async (data) => {
    show('Sending …', 'busy');
    const event = { view: data.get('view'), value: numberIn(data, 'value') };
    const { status, detail } = await ask<SendAnswer>('POST', '/api/events', event);
    if (status === 202) show('Accepted (202).', 'done');
    else show(`The webhook answered ${status || 'nothing'}: ${detail}`, 'failed');
  });
}

function stormResult({ posted, accepted, failed, failure }: StormView): string {
  const refused = failed === 0 ? '' : `, ${formatNumber(failed)} refused (${failure ?? ''})`;
  return `${formatNumber(accepted)} of ${formatNumber(posted)} accepted${refused}.`;
}

function showStorm(): (storm: StormView | undefined) => void {
  const form = find('storm-form', HTMLFormElement);
  const start = find('storm-start', HTMLButtonElement);
  const stop = find('storm-stop', HTMLButtonElement);
  const progress = find('storm-progress', HTMLProgressElement);
  const show = onSubmit(form, async (data) => {
    const [count, views, rate] = ['count', 'views', 'rate'].map((name) => numberIn(data, name));
    await ask('POST', '/api/storm', { count, views, rate });
  });
  stop.addEventListener('click', () => {
    ask('POST', '/api/storm/stop', {}).catch((error: unknown) => show(messageOf(error), 'failed'));
  });
  let shown = '';
  return (storm) => {
    // Showing it again would replace the message of a form that was refused.
    const json = JSON.stringify(storm) ?? '';
    if (json === shown) return;
    shown = json;
    const running = storm?.running === true;
    stop.disabled = !running;
    start.disabled = running;
    progress.max = storm?.total ?? 1;
    progress.value = storm?.posted ?? 0;
    if (storm === undefined) return;
    const { posted, total, failed } = storm;
    if (running) show(`${formatNumber(posted)} of ${formatNumber(total)} sent`, 'busy');
    else show(stormResult(storm), failed === 0 ? 'done' : 'failed');
  };
}

/** Starts the controls. @returns what shows the mode and the storm */
export function showControls(): (view: PipelineView) => void {
  const mode = showModes();
  showSend();
  const storm = showStorm();
  return (view) => {
    mode(view.mode);
    storm(view.storm);
  };
}

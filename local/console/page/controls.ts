/** What one can do to the bridge: break PagerDuty, send an event, start a storm. */

import type { PipelineView } from '../state.ts';
import { ask, numberIn, textIn, wordsOf } from './api.ts';
import { find, make, setAttribute, setText } from './dom.ts';
import { formatNumber } from './format.ts';

interface ModeChoice {
  readonly kind: string;
  readonly label: string;
  readonly milliseconds?: number;
}

/** Slow is just below the local stage's time-out of two seconds; beyond it, it would hang. */
const MODES: readonly ModeChoice[] = [
  { kind: 'ok', label: 'works' },
  { kind: 'down', label: 'down (503)' },
  { kind: 'throttle', label: 'throttles (429)' },
  { kind: 'refuse', label: 'refuses (400)' },
  { kind: 'hang', label: 'hangs' },
  { kind: 'slow', label: 'slow', milliseconds: 1500 },
];

function showModes(): (mode: string | undefined) => void {
  const box = find('modes', HTMLFieldSetElement);
  const error = find('mode-error', HTMLParagraphElement);
  // One after the other: with the arrow keys one passes over others, and the last one has to win.
  let underWay = 0;
  let queue = Promise.resolve();
  const put = async (mode: Omit<ModeChoice, 'label'>): Promise<void> => {
    try {
      await ask('PUT', '/api/pagerduty/mode', mode);
      setText(error, '');
    } catch (reason) {
      setText(error, wordsOf(reason));
    } finally {
      underWay -= 1;
    }
  };
  const inputs = MODES.map(({ label, ...mode }) => {
    const input = make('input', { attributes: { type: 'radio', name: 'mode', value: mode.kind } });
    input.addEventListener('change', () => {
      underWay += 1;
      queue = queue.then(async () => put(mode));
    });
    box.append(make('label', {}, [input, make('span', { text: label })]));
    return input;
  });
  return (mode) => {
    // What one has just chosen is not taken back by news from before.
    if (underWay > 0) return;
    box.disabled = mode === undefined;
    if (mode === undefined) {
      setText(error, 'Events go to another PagerDuty: what it does cannot be chosen here.');
    }
    // A mode of the drill or of a test may be none of these: then none is chosen.
    for (const input of inputs) input.checked = input.value === mode;
  };
}

function outcomeOf(
  form: HTMLFormElement,
): (text: string, kind: 'done' | 'failed' | 'busy') => void {
  const line = form.querySelector('.outcome');
  return (text, kind) => {
    if (line === null) return;
    setText(line, text);
    setAttribute(line, 'data-kind', kind);
  };
}

function typedText(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value : '';
}

/** A number that a person typed; `NaN` when it is none, which the bridge refuses in words. */
function typedNumber(data: FormData, name: string): number {
  const text = typedText(data, name).trim();
  return text === '' ? Number.NaN : Number(text);
}

function showSend(): void {
  const form = find('send-form', HTMLFormElement);
  const say = outcomeOf(form);
  const send = async (): Promise<void> => {
    const data = new FormData(form);
    const view = typedText(data, 'view');
    say('Sending …', 'busy');
    try {
      const answer = await ask('POST', '/api/events', { view, value: typedNumber(data, 'value') });
      const status = numberIn(answer, 'status');
      if (status === 202) say('Accepted (202).', 'done');
      else
        say(`The webhook answered ${status || 'nothing'}: ${textIn(answer, 'detail')}`, 'failed');
    } catch (error) {
      say(wordsOf(error), 'failed');
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
}

function showStorm(): (storm: PipelineView['storm']) => void {
  const form = find('storm-form', HTMLFormElement);
  const stop = find('storm-stop', HTMLButtonElement);
  const progress = find('storm-progress', HTMLProgressElement);
  const start = form.querySelector<HTMLButtonElement>('button[type="submit"]');
  const say = outcomeOf(form);
  const act = async (path: string, body: object): Promise<void> => {
    try {
      await ask('POST', path, body);
    } catch (error) {
      say(wordsOf(error), 'failed');
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const [count, views, rate] = ['count', 'views', 'rate'].map((name) => typedNumber(data, name));
    void act('/api/storm', { count, views, rate });
  });
  stop.addEventListener('click', () => void act('/api/storm/stop', {}));
  let shown = '';
  return (storm) => {
    const json = JSON.stringify(storm) ?? '';
    if (json === shown) return;
    shown = json;
    const running = storm?.running === true;
    stop.disabled = !running;
    if (start !== null) start.disabled = running;
    progress.max = storm?.total ?? 1;
    progress.value = storm?.posted ?? 0;
    if (storm === undefined) return;
    const { posted, total, accepted, failed, trouble } = storm;
    if (running) say(`${formatNumber(posted)} of ${formatNumber(total)} sent`, 'busy');
    else {
      const refused = failed === 0 ? '' : `, ${formatNumber(failed)} refused (${trouble ?? ''})`;
      say(
        `${formatNumber(accepted)} of ${formatNumber(posted)} accepted${refused}.`,
        failed === 0 ? 'done' : 'failed',
      );
    }
  };
}

/** Starts the controls. @returns what shows the state of what they control */
export function showControls(): (view: PipelineView) => void {
  const mode = showModes();
  showSend();
  const storm = showStorm();
  return (view) => {
    mode(view.mode);
    storm(view.storm);
  };
}

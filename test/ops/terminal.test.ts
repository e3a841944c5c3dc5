import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { evenPace } from '../../ops/pace.ts';
import { startProgress } from '../../ops/terminal/progress.ts';
import { properties, table } from '../../ops/terminal/table.ts';
import {
  count,
  jsonOf,
  type Output,
  plain,
  plainJson,
  widthOf,
  wrap,
} from '../../ops/terminal/terminal.ts';

const COLUMNS = [{ head: 'ID' }, { head: 'TEXT', least: 6 }, { head: 'N', right: true }];

function output(more: object = {}): Output & { text: string } {
  const stream = Object.assign(new PassThrough(), { text: '', ...more });
  stream.on('data', (chunk: Buffer) => {
    stream.text += chunk.toString('utf8');
  });
  return stream;
}

describe('a table', () => {
  test('lines its columns up', () => {
    const text = table(
      COLUMNS,
      [
        ['a', 'short', '7'],
        ['bcd', 'longer text', '123'],
      ],
      80,
    );
    expect(text.split('\n')).toEqual([
      'ID   TEXT           N',
      'a    short          7',
      'bcd  longer text  123',
    ]);
  });

  test('cuts what may be cut to the width of the terminal, and nothing else', () => {
    const text = table(COLUMNS, [['abcdef', 'a long text that does not fit', '123']], 20);
    expect(text.split('\n')[1]).toBe('abcdef  a long…  123');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(20);
    expect(table(COLUMNS, [['abcdef', 'a long text', '123']], 5)).toContain('abcdef');
  });
});

test('a long table lines up from its first row to its last', () => {
  const rows = Array.from({ length: 1_001 }, (_, row) => [`id-${row}`, 'text', String(row)]);
  const lines = table(COLUMNS, rows, 80).split('\n');
  expect(lines).toHaveLength(1_002);
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([lines[0]?.length]));
  expect(lines.filter((line) => line.startsWith('ID'))).toHaveLength(1);
});

test('names and values line up, and what is not known is left out', () => {
  expect(
    properties([
      ['a', '1'],
      ['long', '2'],
      ['b', undefined],
      ['c', ''],
    ]),
  ).toBe('a     1\nlong  2');
});

test('a value that is too long continues below itself', () => {
  expect(properties([['Name', 'one two three four']], 16)).toBe('Name  one two\n      three four');
});

test('a line breaks between words, and keeps every one of them', () => {
  expect(wrap('one two three', 7)).toBe('one two\nthree');
  expect(wrap('one two three', 7, 2)).toBe('one two\n  three');
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  const text = fc.array(word, { minLength: 1, maxLength: 20 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 8 }),
      (line, width, indent) => {
        const lines = wrap(line, width, indent).split('\n');
        expect(lines.map((one) => one.trim()).join(' ')).toBe(line);
        const tooLong = lines.filter((one) => one.length > width);
        expect(tooLong.filter((one) => one.slice(indent).includes(' '))).toEqual([]);
      },
    ),
  );
});

describe('foreign text', () => {
  test('cannot control the terminal', () => {
    expect(plain('a\u001B[2Jb\r\nc\u0007\u009Bd')).toBe('a [2Jb c d');
  });

  test('is counted in words', () => {
    expect(count(1, 'event')).toBe('1 event');
    expect(count(12_340, 'event')).toBe('12,340 events');
  });
});

test.each([
  ['a terminal', true, {}, '\u001B[31mtext\u001B[39m'],
  ['a terminal where NO_COLOR is set', true, { NO_COLOR: '1' }, 'text'],
  ['a pipe', false, {}, 'text'],
])('what colours are written to %s', (_, isTTY, env, painted) => {
  const terminal = new URL('../../ops/terminal/terminal.ts', import.meta.url).href;
  // In a process of its own, because the environment counts as it was at the start.
  const script = `import { paint } from ${JSON.stringify(terminal)};
    import { WriteStream } from 'node:tty';
    const { getColorDepth } = WriteStream.prototype;
    const stream = { isTTY: ${isTTY}, getColorDepth, write() {}, on() {} };
    process.stdout.write(paint(stream, 'red', 'text'));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { TERM: 'xterm-256color', ...env },
  });
  expect(stdout).toBe(painted);
});

describe('progress', () => {
  test('without a terminal is a line every few seconds, and none for a quick command', () => {
    const stream = output();
    const progress = startProgress(stream, 'Replaying');
    progress.update(5, 10);
    progress.note('Waiting for 5 dead letters ...');
    progress.end();
    expect(stream.text).toBe('Waiting for 5 dead letters ...\n');
  });

  test('a pipe has no width', () => {
    expect(widthOf(output())).toBe(1_000);
    expect(widthOf(output({ isTTY: true, columns: 72 }))).toBe(72);
  });
});

describe('an even pace', () => {
  test('gives permits evenly, by its clock', async () => {
    let now = 0;
    const pace = evenPace(10, () => now);
    expect(await pace.acquire(5)).toBe(true);
    expect(pace.ahead()).toBe(500);
    now = 480;
    expect(pace.ahead()).toBe(20);
    expect(await pace.acquire(1)).toBe(true);
    now = 10_000;
    // Unused time is not made up for.
    await pace.acquire(1);
    expect(pace.ahead()).toBe(100);
  });

  test('gives none after the signal', async () => {
    const pace = evenPace(0.001);
    await pace.acquire(1);
    const controller = new AbortController();
    const waiting = pace.acquire(1, controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
  });
});

describe('foreign text cannot control a terminal', () => {
  const hostile = 'a\u202Eb\u2066c\u200Fd\u001B[2Je\u009Bf\u007Fg\u2028h';

  test('in a line', () => {
    expect(plain(hostile)).toBe('abcd [2Je f g h');
  });

  test('in JSON, which keeps its meaning', () => {
    const json = jsonOf({ [hostile]: [hostile] });
    expect(json).toMatch(/^[ -~]+$/);
    expect(JSON.parse(json)).toEqual({ [hostile]: [hostile] });
    expect(plainJson('{"a": "ü😀 مرحبا"}')).toBe('{"a": "ü😀 مرحبا"}');
  });
});

test('a table breaks a cell between words instead of cutting it, if its column says so', () => {
  const columns = [{ head: 'ID' }, { head: 'TEXT', least: 10, wraps: true }];
  const shown = table(columns, [['1', 'requests exceeded their threshold']], 20);
  expect(shown.split('\n')).toEqual([
    'ID  TEXT',
    '1   requests',
    '    exceeded their',
    '    threshold',
  ]);
});

test.each([
  [
    'Set it with: ./bridge keys set shop. Two wait.',
    'Set it with:\n./bridge keys set shop.\nTwo wait.',
  ],
  ['See ./bridge dlq list --reason rejected', 'See ./bridge dlq list\n--reason rejected'],
])('a command is not broken if it fits into a line: %s', (text, lines) => {
  expect(wrap(text, 24)).toBe(lines);
});

/**
 * `npx node bin/words.ts [FILE...]`: reports words that have a plainer replacement, in identifiers,
 * comments, strings, documents and file names. A step of `npm run check`. The reasons are in
 * CONTRIBUTING.md, "Words".
 */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';

interface Rule {
  /** Matched against the result of {@link plain}. A space stands for any gap between two words. */
  readonly find: RegExp;
  /** What to write instead. */
  readonly use: string;
}

/**
 * One word for one thing. A word that also has a correct use is matched only with the neighbours
 * that make it wrong, so that no rule reports correct text.
 */
const RULES: readonly Rule[] = [
  // PagerDuty's and AWS's words for what the bridge does.
  { find: /fold(s|ed|ing)?/, use: 'deduplicate' },
  {
    find: /told|tells|telling|queues tell/,
    use: 'notify for PagerDuty; otherwise say, report, show',
  },
  { find: /speak(s|ing|ers?)?|spoken?/, use: 'latest for an event; otherwise use, send, mean' },
  { find: /news/, use: 'toSend, or say what is new' },
  { find: /gates?/, use: 'admit' },
  { find: /(a|the|its|on|no) hold|holds after/, use: 'cooldown' },
  { find: /bur(y|ies|ied|ying|ial)/, use: 'sendToDeadLetterQueue' },
  {
    find: /(?<!dead |capital |with a |upper case |lower case |small |case |first )letters?(?! and digit|,? digit| or digit|s? of the alphabet)/,
    use: 'dead letter',
  },
  { find: /conservation/, use: 'accounting' },
  { find: /(?<!start )dlq redrive/, use: 'dlq replay; a DLQ redrive of AWS does something else' },
  // Names that say what a part does.
  { find: /door ?keepers?/, use: 'tokenVerifier' },
  { find: /key ?rings?/, use: 'integration keys' },
  { find: /(im)?patien(t|ce|tly)/, use: 'what it is: a timeout, a delay, a limit' },
  { find: /stage ?hands?/, use: 'drillControls' },
  { find: /pipeline stages?/, use: 'step; a stage is a deployment' },
  { find: /instance memory|memory of (an|the|this) instance/, use: 'instance state' },
  { find: /aws gateways?/, use: 'AWS endpoint' },
  { find: /letter desks?/, use: 'dead letters' },
  // Metaphors.
  { find: /rings?|ringing|rang/, use: 'is in ALARM, notifies' },
  { find: /the books|keeps books/, use: 'counts, records' },
  { find: /doors?|houses?|rag(e|es|ing)/, use: 'the thing itself: the endpoint, the project' },
  { find: /calm(ly|er)?/, use: 'idle, without other load' },
  { find: /vouch(es|ed|ing)?/, use: 'sign, confirm' },
  { find: /(for )?want of/, use: 'lack of, without' },
  // "You", or the thing that acts.
  { find: /who(so)?ever|whom(so)?ever/, use: 'you, or who it is' },
  { find: /(some|no|any|every)body/, use: 'you, or who it is' },
  // Rates.
  {
    find: /(calls?|events?|requests?|updates?|messages?|polls?|probes?|times|twice) an? (second|minute|hour|day|week|month|year)/,
    use: 'per',
  },
  // Riddles.
  { find: /what of|and if so|said aloud/, use: 'a plain sentence: subject, verb, object' },
  { find: /lately/, use: 'the time span: in the last 5 minutes' },
  { find: /time-outs?/, use: 'timeout' },
];

const FILES = '**/*.{ts,js,mjs,css,html,md}';

const EXCLUDED: readonly RegExp[] = [
  // Installed or generated.
  /^(\.git|node_modules|cdk\.out|coverage|\.cache)(\/|$)/,
  // Text of Glasnostic and of CDK.
  /^(test|local)\/samples(\/|$)/,
  /^test\/snapshots(\/|$)/,
  // It lists earlier words and names.
  /^docs\/decisions\/0018-/,
  // The rules themselves, and the tests that plant words.
  /^bin\/words\.ts$/,
  /^test\/bin\/[^/]+\.test\.ts$/,
];

function isExcluded(path: string): boolean {
  return EXCLUDED.some((pattern) => pattern.test(path));
}

/**
 * A text in lower case, without URLs and punctuation that joins words, with identifiers split into
 * their words. It keeps its line breaks, so that a match has a line number.
 */
function plain(text: string): string {
  return text
    .replaceAll(/https?:\/\/\S+|\b\d{4}-[a-z-]+\.md/g, ' ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replaceAll(/[^\p{L}\p{N}\n.,;:!?()'"-]+/gu, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .toLowerCase();
}

const PATTERNS = RULES.map(({ find, use }) => ({
  pattern: new RegExp(`\\b(?:${find.source.replaceAll(' ', '[ \\n-]')})\\b`, 'g'),
  use,
}));

/** One line per finding: file, line, word and replacement. */
function findings(path: string): readonly string[] {
  // The file's name counts as text before line 1.
  const text = `${plain(path)}\n${plain(readFileSync(path, 'utf8'))}`;
  const found = PATTERNS.flatMap(({ pattern, use }) =>
    [...text.matchAll(pattern)].map(({ 0: words, index }) => ({
      line: Math.max(1, text.slice(0, index).split('\n').length - 1),
      message: `"${words.replaceAll('\n', ' ')}": use ${use}`,
    })),
  );
  return found
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, message }) => `${path}:${line}: ${message}`);
}

const named = process.argv.slice(2).filter((path) => existsSync(path) && matchesGlob(path, FILES));
const paths = process.argv.length > 2 ? named : globSync(FILES, { exclude: isExcluded });
const report = paths
  .filter((path) => !isExcluded(path))
  .toSorted()
  .flatMap(findings);
for (const line of report) process.stdout.write(`${line}\n`);
process.exitCode = report.length > 0 ? 1 : 0;

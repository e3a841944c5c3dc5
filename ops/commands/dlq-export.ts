/** `dlq export --output FILE`: writes dead letters to a file, with all that was received. */

import type { Command } from 'commander';

import { createExport, type ExportWriter } from '../dead-letters/export-file.ts';
import { toExported, writeLine as exportLine } from '../dead-letters/export-format.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import { addHelp } from '../terminal/help.ts';
import { withProgress } from '../terminal/progress.ts';
import {
  count,
  jsonOf,
  type Output,
  paint,
  plainJson,
  write,
  writeLine,
  writeText,
} from '../terminal/terminal.ts';
import {
  addFilterOptions,
  FILTER_NOTES,
  type FilterOptions,
  readFilter,
} from './filter-options.ts';

interface ExportOptions extends FilterOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Writes to standard output. */
function streamWriter(stdout: Output): ExportWriter {
  return {
    write: async (deadLetter) => write(stdout, `${plainJson(exportLine(deadLetter))}\n`),
    finish: async () => undefined,
    discard: async () => undefined,
  };
}

async function exportDeadLetters(session: Session, options: ExportOptions): Promise<ExitCode> {
  const { stdout, stderr, now } = session.terminal;
  const { output, force = false, limit } = options;
  const toStdout = output === '-';
  const filter = readFilter(options, now());
  const context = await session.openStage();
  const writer = toStdout ? streamWriter(stdout) : await createExport(output, force);
  let exported = 0;
  try {
    const { partial = null } = await withProgress(
      session,
      'Exporting',
      async (signal, progress) => {
        const visit = await visitDeadLetters(
          context,
          filter,
          async (_, message) => {
            await writer.write(toExported(message));
            exported += 1;
            return exported === limit ? 'stop' : undefined;
          },
          { signal, onProgress: ({ seen, expected }) => progress.update(seen, expected) },
        );
        if (signal.aborted) throw new OperatorError('Stopped; no file was written.');
        return visit;
      },
    );
    await writer.finish();
    if (options.json === true && !toStdout) {
      writeLine(stdout, jsonOf({ file: output, exported, partial }));
    } else {
      const where = toStdout ? 'standard output' : output;
      writeText(
        stderr,
        exported === 0
          ? `No dead letter matches; ${where} is empty.`
          : `${count(exported, 'dead letter')} written to ${where}; ${exported === 1 ? 'it is' : 'they are'} still in the queue.`,
      );
    }
    if (partial !== null) {
      writeText(stderr, paint(stderr, 'yellow', `The export is partial. ${partial}`));
    }
    return EXIT.done;
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Adds the command. */
export function addExport(dlq: Command, session: Session, run: Run): void {
  const command = addFilterOptions(
    dlq
      .command('export')
      .description(
        'write dead letters to a file, one line of JSON each, and leave them in the queue',
      )
      .requiredOption('--output <file>', 'the file to write; - is standard output'),
    'write so many at most, in no order',
  )
    .option('--force', 'replace the file if it exists')
    .option('--json', 'print one JSON document about the export')
    .action(async (options: ExportOptions) => run(exportDeadLetters(session, options)));
  addHelp(command, {
    examples: [
      ['dlq export --output all.jsonl', 'every dead letter'],
      ['dlq export --reason rejected --output -', 'those that PagerDuty refused, to a pipe'],
    ],
    notes: [
      FILTER_NOTES,
      `
Each line holds version, messageId, body, messageAttributes {name: {dataType, stringValue or
binaryValue (base64)}} and attributes (SQS's own). "dlq import" restores it, "dlq discard" requires
it. Only you may read the file.`,
      'JSON: file, exported, partial (a sentence, or null).',
    ],
  });
}

/**
 * SQS's rules for the body of a message, written from its documentation and not from the code.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */

function isAllowed(point: number): boolean {
  return (
    point === 0x9 ||
    point === 0xa ||
    point === 0xd ||
    (point >= 0x20 && point <= 0xd7ff) ||
    (point >= 0xe000 && point <= 0xfffd) ||
    (point >= 0x1_0000 && point <= 0x10_ffff)
  );
}

/** SQS's reason to refuse a message body; `undefined` when it accepts the body. */
export function sqsRefusal(body: string): string | undefined {
  if (body === '') return 'MissingParameter';
  if (Buffer.byteLength(body) > 1_048_576) return 'InvalidParameterValue: over 1 MiB';
  for (const char of body) {
    const point = char.codePointAt(0) ?? 0;
    if (!isAllowed(point)) return `InvalidMessageContents: U+${point.toString(16)}`;
  }
  return undefined;
}

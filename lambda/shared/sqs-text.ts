/**
 * Any character that SQS refuses in a body or an attribute, with `InvalidMessageContents`. It also
 * refuses lone surrogates, which this pattern does not match.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const REFUSED_BY_SQS = /[^\t\n\r\u0020-\uFFFD]/g;

/** Replaces each character that SQS refuses with U+FFFD, the replacement character. */
export function replaceRefused(text: string): string {
  return text.toWellFormed().replace(REFUSED_BY_SQS, '\uFFFD');
}

/**
 * Escapes each character of a JSON text that SQS refuses, such as `\ufffe`. The JSON keeps its
 * meaning, because only its strings can contain such characters.
 *
 * @param json well-formed Unicode, such as text that was decoded from UTF-8
 */
export function escapeRefused(json: string): string {
  return json.replace(
    REFUSED_BY_SQS,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

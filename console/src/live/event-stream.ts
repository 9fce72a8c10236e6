/**
 * Reads `text/event-stream`: the data of each event, as the response delivers its bytes.
 *
 * @module
 */

/** An event that is longer is refused: no document of the API has this size. */
const MAX_EVENT_CHARACTERS = 32 * 1024 * 1024;

/** The server sends a comment every 15 seconds: a silent connection is lost, although it has no end. */
export const MAX_SILENCE_MS = 45_000;

/** Splits a stream of text into the data of its events. Comments and other fields are ignored. */
export class EventStreamParser {
  #rest = '';
  #data: string[] = [];
  #size = 0;

  /** The data of the events that end in this piece of text. */
  push(piece: string): readonly string[] {
    const events: string[] = [];
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text === '') this.#end(events);
      else this.#field(text);
    }
    if (this.#size + this.#rest.length > MAX_EVENT_CHARACTERS)
      throw new RangeError('an event of the stream is too long');
    return events;
  }

  #field(line: string): void {
    if (!line.startsWith('data:')) return;
    const value = line.slice(line.startsWith('data: ') ? 6 : 5);
    this.#data.push(value);
    this.#size += value.length;
  }

  #end(events: string[]): void {
    if (this.#data.length > 0) events.push(this.#data.join('\n'));
    this.#data = [];
    this.#size = 0;
  }
}

/** The data of the events of a response, until it ends or is silent for too long. */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const parser = new EventStreamParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    while (true) {
      const timer = setTimeout(() => void reader.cancel(), MAX_SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel();
  }
}

/**
 * `node:buffer` in a pipeline's logic.
 *
 * @module
 */
import { atob, btoa } from '../base64-text.ts';
import { bufferClass } from '../buffer-global.ts';

const BufferClass = bufferClass();

export { atob, BufferClass as Buffer, btoa };
export default { Buffer: BufferClass, atob, btoa };

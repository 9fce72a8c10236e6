/**
 * What the frame loads after its first view: one module, because each that is loaded by itself is a
 * file.
 *
 * @module
 */
export { MessageList } from '../ui/message-list.tsx';
export { Banners } from './banners.tsx';
export { HelpDialog } from './help-dialog.tsx';
export { Palette } from './palette.tsx';
export { SessionEnded } from './session-ended.tsx';

import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../../console/src/ui/settings.ts';

const DEFAULTS = {
  theme: 'system',
  density: 'comfortable',
  timeZone: 'local',
  singleKeys: true,
};

describe('settings of the console', () => {
  it.each([null, '', '{', '[]', '"x"', '{"theme":"pink","timeZone":"Mars/Base","singleKeys":1}'])(
    'a stored text that is not valid gives the defaults: %s',
    (text) => {
      expect(parseSettings(text)).toEqual(DEFAULTS);
    },
  );

  it('what is valid is read, and unknown fields are ignored', () => {
    expect(parseSettings('{"theme":"dark","timeZone":"Asia/Tokyo","font":"x"}')).toEqual({
      ...DEFAULTS,
      theme: 'dark',
      timeZone: 'Asia/Tokyo',
    });
  });
});

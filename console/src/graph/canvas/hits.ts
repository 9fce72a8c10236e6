/**
 * What is at a point of the screen.
 *
 * @module
 */
import { cellOf, memberAt, memberOfCell } from '../model/cells.ts';
import type { Bounds, Viewport } from '../model/viewport.ts';
import { boundsOf, boxAt, type Picture } from '../scene.ts';
import { memberAtPoint, memberBounds } from './expanded.ts';
import { DETAILED, gridOnScreen } from './graph-painter.ts';

export interface Hit {
  readonly box: number;
  /** The place of the first member of the cell among the members; undefined beside the cells. */
  readonly member: number | undefined;
  /** The number of members of the cell. */
  readonly members: number;
}

export function hitAt(picture: Picture, viewport: Viewport, x: number, y: number): Hit | undefined {
  const worldX = (x - viewport.x) / viewport.scale;
  const worldY = (y - viewport.y) / viewport.scale;
  const box = boxAt(picture, worldX, worldY);
  const members = picture.graph.boxes[box ?? -1]?.members;
  if (box === undefined || members === undefined) return undefined;
  if (members.length === 1) return { box, member: 0, members: 1 };
  if (box === picture.expanded) {
    const member = memberAtPoint(boundsOf(picture, box), members.length, worldX, worldY);
    return { box, member, members: 1 };
  }
  const place = viewport.scale < DETAILED ? undefined : gridOnScreen(picture, box, viewport);
  if (place === undefined) return { box, member: undefined, members: 0 };
  const member = memberAt(place.grid, x - place.x, y - place.y);
  return {
    box,
    member,
    members: Math.min(place.grid.perCell, members.length - (member ?? 0)),
  };
}

/** The place of a call on the screen: its cell, its member box, or its box. */
export function callOnScreen(
  picture: Picture,
  viewport: Viewport,
  call: number,
): Bounds | undefined {
  const index = picture.graph.boxOf[call] ?? -1;
  const box = picture.graph.boxes[index];
  if (box === undefined) return undefined;
  const onScreen = ({ left, top, right, bottom }: Bounds): Bounds => ({
    left: left * viewport.scale + viewport.x,
    top: top * viewport.scale + viewport.y,
    right: right * viewport.scale + viewport.x,
    bottom: bottom * viewport.scale + viewport.y,
  });
  const bounds = boundsOf(picture, index);
  if (box.members.length === 1) return onScreen(bounds);
  const member = picture.cells.placeOf(index, call);
  if (index === picture.expanded) {
    return onScreen(memberBounds(bounds, box.members.length, member));
  }
  const place = viewport.scale < DETAILED ? undefined : gridOnScreen(picture, index, viewport);
  if (place === undefined) return onScreen(bounds);
  const cell = cellOf(place.grid, member);
  const left = place.x + cell.x;
  const top = place.y + cell.y;
  return { left, top, right: left + place.grid.pitch, bottom: top + place.grid.pitch };
}

/** The call that a hit selects or names; undefined if it is no member. */
export function callAt(picture: Picture, hit: Hit, status: Uint8Array): number | undefined {
  if (hit.member === undefined) return undefined;
  const calls = picture.cells.membersOf(hit.box);
  return calls[memberOfCell({ perCell: hit.members }, hit.member, calls, status)];
}

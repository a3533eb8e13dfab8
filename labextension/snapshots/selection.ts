/**
 * Which snapshots are selected, and which one the keyboard is at. Pure: a selection and an action in, a selection out.
 */

/** `active` is the row of the keyboard, `anchor` where a range begins; ids, undefined where there is none. */
export interface ISelection {
  readonly active?: string;
  readonly anchor?: string;
  readonly ids: ReadonlySet<string>;
}

export const NOTHING: ISelection = { ids: new Set() };

/** How a row is chosen: alone, added or taken away (Ctrl), or the range from the anchor (Shift). */
export type Manner = 'alone' | 'toggle' | 'range';

/** Choose a row out of `order` (ids as they stand in the list). */
export function choose(
  selection: ISelection,
  id: string,
  manner: Manner,
  order: readonly string[]
): ISelection {
  switch (manner) {
    case 'alone':
      return { active: id, anchor: id, ids: new Set([id]) };
    case 'toggle': {
      const ids = new Set(selection.ids);
      if (!ids.delete(id)) {
        ids.add(id);
      }
      return { active: id, anchor: id, ids };
    }
    case 'range': {
      const from = order.indexOf(selection.anchor ?? id);
      const to = order.indexOf(id);
      const ids = order.slice(Math.max(0, Math.min(from, to)), Math.max(from, to) + 1);
      return { active: id, anchor: selection.anchor ?? id, ids: new Set(ids) };
    }
  }
}

/** Move the keyboard's row without selecting anything. */
export function moveTo(selection: ISelection, id: string): ISelection {
  return { ...selection, active: id };
}

/** Drop what isn't in the list any more; the same value where nothing is gone. */
export function without(selection: ISelection, gone: (id: string) => boolean): ISelection {
  const ids = [...selection.ids].filter(id => !gone(id));
  const lost = (id: string | undefined): boolean => id !== undefined && gone(id);
  if (ids.length === selection.ids.size && !lost(selection.active) && !lost(selection.anchor)) {
    return selection;
  }
  return {
    active: lost(selection.active) ? undefined : selection.active,
    anchor: lost(selection.anchor) ? undefined : selection.anchor,
    ids: new Set(ids)
  };
}

/** Where a key leads from position `at` of `count` rows, `page` rows being visible; undefined for other keys. */
export function positionAfter(key: string, at: number, count: number, page: number): number | undefined {
  const clamp = (position: number): number => Math.max(0, Math.min(count - 1, position));
  switch (key) {
    case 'ArrowDown':
      return clamp(at + 1);
    case 'ArrowUp':
      return at < 0 ? 0 : clamp(at - 1);
    case 'PageDown':
      return clamp(at + page);
    case 'PageUp':
      return clamp(at - page);
    case 'Home':
      return clamp(0);
    case 'End':
      return clamp(count - 1);
    default:
      return undefined;
  }
}

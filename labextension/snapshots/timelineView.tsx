/**
 * The time line: a windowed listbox of snapshots, grouped by day.
 *
 * Owns drawing, scrolling and keys. Doesn't own which snapshots there are (model) nor what follows from a choice (its parent).
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef
} from 'react';

import type { SnapshotList } from '../model/snapshotList';
import type { Snapshot } from '../rest/values';
import { DayHeading, SnapshotRow } from './row';
import { choose, type ISelection, moveTo, positionAfter } from './selection';
import { type Row, rowHeight, timelineRows } from './timeline';
import { useVirtualizer } from '../ui/windowed';

/** How many rows before the end of what is loaded the next page is asked for. */
const AHEAD = 60;
const FONT_SIZE = 13;

export interface ITimelineProps {
  readonly list: SnapshotList;
  readonly items: readonly Snapshot[];
  readonly selection: ISelection;
  readonly onSelect: (selection: ISelection) => void;
  /** Enter or a click: show the details of the active row. */
  readonly onOpen: () => void;
  readonly onKey: (key: string) => void;
  readonly onMenu: (snapshot: Snapshot, place: { readonly x: number; readonly y: number }) => void;
  readonly listRef: RefObject<HTMLDivElement>;
  readonly trans: TranslationBundle;
}

/** The element id of a snapshot's row. */
export function rowId(id: string): string {
  return `jp-RokSnapshot-${id}`;
}

export function Timeline(props: ITimelineProps): JSX.Element {
  const { items, selection, list, listRef, trans } = props;
  // The heading of a day depends on the day it is now: look when the items change.
  const rows = useMemo(() => timelineRows(items, Date.now(), trans), [items, trans]);
  const { virtualizer, activeRow } = useRows(props, rows);
  const window_ = virtualizer.getVirtualItems();
  const last = window_.at(-1)?.index ?? 0;
  const wantsMore = last >= rows.length - AHEAD && list.hasMore && !list.loading && !list.error;
  useEffect(() => {
    if (wantsMore) {
      void list.loadMore();
    }
  }, [wantsMore, list]);
  const keys = useKeys(props, () => visibleRows(listRef.current));
  const pointer = usePointer(props);
  const total = list.hasMore ? -1 : items.length;
  return (
    <div
      ref={listRef}
      className="jp-RokTimeline"
      role="listbox"
      tabIndex={0}
      aria-label={trans.__('Snapshots, newest first')}
      aria-multiselectable="true"
      aria-activedescendant={activeRow >= 0 ? rowId(selection.active as string) : undefined}
      onKeyDown={keys}
      {...pointer}
    >
      <div
        className="jp-RokTimeline-space"
        role="presentation"
        style={{ height: `${virtualizer.getTotalSize()}px` }}
      >
        {window_.map(item => (
          <div
            key={item.key}
            className="jp-RokTimeline-slot"
            role="presentation"
            style={{ height: `${item.size}px`, transform: `translateY(${item.start}px)` }}
          >
            {drawRow(rows[item.index] as Row, selection, total, trans)}
          </div>
        ))}
      </div>
    </div>
  );
}

function drawRow(row: Row, selection: ISelection, total: number, trans: TranslationBundle): JSX.Element {
  if (row.kind === 'day') {
    return <DayHeading label={row.label} />;
  }
  return (
    <SnapshotRow
      snapshot={row.snapshot}
      rowId={rowId(row.key)}
      position={row.position + 1}
      total={total}
      isSelected={selection.ids.has(row.key)}
      isActive={selection.active === row.key}
      trans={trans}
    />
  );
}

/** The window of rows; the active row is always drawn, so that a screen reader finds it. */
function useRows(props: ITimelineProps, rows: readonly Row[]) {
  const { listRef, selection } = props;
  const activeRow = useMemo(
    () => (selection.active ? rows.findIndex(row => row.key === selection.active) : -1),
    [rows, selection.active]
  );
  const scale = useRef(1);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => listRef.current,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    estimateSize: index => rowHeight(rows[index] as Row) * scale.current,
    overscan: 4,
    always: activeRow
  });
  useEffect(() => {
    // Rows grow with the user's font size.
    const size = listRef.current ? parseFloat(getComputedStyle(listRef.current).fontSize) : FONT_SIZE;
    if (size && size / FONT_SIZE !== scale.current) {
      scale.current = size / FONT_SIZE;
      virtualizer.measure();
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [listRef]);
  const active = selection.active;
  useEffect(() => {
    if (activeRow >= 0) {
      virtualizer.scrollToIndex(activeRow === 1 ? 0 : activeRow);
    }
    // Only a move of the keyboard scrolls, not a row that came above.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [active]);
  return { virtualizer, activeRow };
}

function visibleRows(element: HTMLElement | null): number {
  return Math.max(1, Math.floor((element?.clientHeight ?? 0) / 50) - 1);
}

function useKeys(props: ITimelineProps, page: () => number): (event: KeyboardEvent) => void {
  const { items, selection, onSelect } = props;
  const order = (): string[] => items.map(item => item.id);
  const move = (event: KeyboardEvent, position: number): void => {
    const id = items[position]?.id as string;
    if (event.shiftKey) {
      onSelect(choose(selection, id, 'range', order()));
    } else if (event.ctrlKey || event.metaKey) {
      onSelect(moveTo(selection, id));
    } else {
      onSelect(choose(selection, id, 'alone', order()));
    }
  };
  return event => {
    const at = items.findIndex(item => item.id === selection.active);
    const position = positionAfter(event.key, at, items.length, page());
    const isAll = event.key === 'a' && (event.ctrlKey || event.metaKey);
    if (position !== undefined) {
      move(event, position);
    } else if (isAll) {
      onSelect({ ...selection, ids: new Set(order()) });
    } else if (event.key === ' ' && selection.active) {
      onSelect(choose(selection, selection.active, 'toggle', order()));
    } else if (event.key === 'Enter' && selection.active) {
      props.onOpen();
    } else if (['Escape', 'Delete', 'F2'].includes(event.key)) {
      props.onKey(event.key);
    } else {
      return;
    }
    // JupyterLab's own shortcuts must not act on what the list has done.
    event.preventDefault();
    event.stopPropagation();
  };
}

interface IPointer {
  readonly onClick: (event: MouseEvent) => void;
  readonly onContextMenu: (event: MouseEvent) => void;
  readonly onFocus: (event: FocusEvent) => void;
}

function usePointer(props: ITimelineProps): IPointer {
  const { items, selection, onSelect, onOpen, onMenu } = props;
  const order = (): string[] => items.map(item => item.id);
  return {
    onClick: event => {
      const id = rowOf(event.target);
      if (id === undefined) {
        return;
      }
      if (event.shiftKey || event.ctrlKey || event.metaKey) {
        onSelect(choose(selection, id, event.shiftKey ? 'range' : 'toggle', order()));
      } else {
        onSelect(choose(selection, id, 'alone', order()));
        onOpen();
      }
    },
    onContextMenu: event => {
      const id = rowOf(event.target) ?? selection.active;
      const snapshot = items.find(item => item.id === id);
      if (id === undefined || snapshot === undefined) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      if (!selection.ids.has(id)) {
        onSelect(choose(selection, id, 'alone', order()));
      }
      onMenu(snapshot, placeOf(event, id));
    },
    onFocus: event => {
      const first = items[0];
      const byKeyboard = event.currentTarget.matches(':focus-visible');
      if (byKeyboard && first && !items.some(item => item.id === selection.active)) {
        onSelect(moveTo(selection, first.id));
      }
    }
  };
}

function rowOf(target: EventTarget): string | undefined {
  const row = target instanceof Element ? target.closest('[data-snapshot]') : null;
  return row?.getAttribute('data-snapshot') ?? undefined;
}

/** Where the menu opens: at the pointer or, by the menu key, at the row. */
function placeOf(event: MouseEvent, id: string): { x: number; y: number } {
  if (event.clientX > 0 || event.clientY > 0) {
    if (rowOf(event.target) !== undefined) {
      return { x: event.clientX, y: event.clientY };
    }
  }
  const box = document.getElementById(rowId(id))?.getBoundingClientRect();
  return box ? { x: box.left + 24, y: box.bottom } : { x: event.clientX, y: event.clientY };
}

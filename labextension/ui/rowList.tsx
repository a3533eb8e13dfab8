/**
 * A long list of rows: windowed, paged, used by arrow keys.
 *
 * A grid to screen readers, one row of which is in the tab order. Enter opens, the menu key or the row's own button show what can
 * be done with it, Backspace goes up where there is an up.
 */
import { ellipsesIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useVirtualizer } from './windowed';

/** Where a menu opens, in the window's pixels. */
export interface IPoint {
  readonly x: number;
  readonly y: number;
}

export interface IRowListProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly trans: TranslationBundle;
  readonly rowHeight: number;
  readonly keyOf: (item: T) => string;
  /** What a screen reader calls the row's button. */
  readonly nameOf: (item: T) => string;
  /** The cells of a row, each with role="gridcell". */
  readonly draw: (item: T) => ReactNode;
  readonly onOpen: (item: T) => void;
  /** Show what can be done with a row; call `done` once the menu is closed. */
  readonly onMenu?: (item: T, at: IPoint, done: () => void) => void;
  readonly onUp?: () => void;
  /** The row was chosen by mouse or keyboard. */
  readonly onSelect?: (item: T) => void;
  readonly hasMore?: boolean;
  readonly onMore?: () => void;
  /** The key of the row that is in the tab order at first. */
  readonly initial?: string;
  /** Whether that row takes the focus once it is there. */
  readonly takesFocus?: boolean;
}

/** How many rows before the end the next page is asked for. */
const AHEAD = 50;

/** A windowed list of rows. */
export function RowList<T>(props: IRowListProps<T>): JSX.Element {
  const { items, keyOf, rowHeight, hasMore = false, onMore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [activeKey, setActiveKey] = useState(props.initial);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10
  });
  const found = items.findIndex(item => keyOf(item) === activeKey);
  const active = Math.max(0, found);
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && last >= items.length - AHEAD) {
      onMore?.();
    }
  }, [hasMore, last, items.length, onMore]);

  // The row that is owed the focus: it may be drawn only after the list has scrolled to it, or has got its height.
  const owed = useRef<number>();
  const focusRow = (index: number): void => {
    owed.current = index;
    setActiveKey(keyOf(items[index]));
    rows.scrollToIndex(index);
  };
  const takesFocus = useRef(props.takesFocus ?? false);
  useEffect(() => {
    if (takesFocus.current && items.length > 0) {
      takesFocus.current = false;
      const initial = items.findIndex(item => keyOf(item) === props.initial);
      focusRow(Math.max(0, initial));
    }
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${owed.current}"]`);
    if (row) {
      owed.current = undefined;
      row.focus({ preventScroll: true });
    }
  });

  const move = (index: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    focusRow(next);
    props.onSelect?.(items[next]);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
  const steps: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: items.length - 1
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (items.length > 0 && event.key in steps) {
      move(steps[event.key]);
    } else if (event.key === 'Backspace' && props.onUp) {
      props.onUp();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={scroller}
      className="jp-RokRows"
      role="grid"
      aria-label={props.label}
      aria-rowcount={hasMore ? -1 : items.length}
      onKeyDown={onKeyDown}
    >
      <div className="jp-RokRows-all" role="presentation" style={{ height: rows.getTotalSize() }}>
        {shown.map(row => (
          <Row
            key={keyOf(items[row.index])}
            item={items[row.index]}
            index={row.index}
            top={row.start}
            isActive={row.index === active}
            list={props}
            onActive={() => setActiveKey(keyOf(items[row.index]))}
          />
        ))}
      </div>
    </div>
  );
}

interface IRowProps<T> {
  readonly item: T;
  readonly index: number;
  readonly top: number;
  readonly isActive: boolean;
  readonly list: IRowListProps<T>;
  readonly onActive: () => void;
}

function Row<T>({ item, index, top, isActive, list, onActive }: IRowProps<T>): JSX.Element {
  const row = useRef<HTMLDivElement>(null);
  const showMenu = (at: IPoint): void => {
    onActive();
    list.onMenu?.(item, at, () => row.current?.focus({ preventScroll: true }));
  };
  const showMenuBelow = (): void => {
    const box = row.current?.getBoundingClientRect();
    showMenu({ x: box?.left ?? 0, y: box?.bottom ?? 0 });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== row.current) {
      return;
    }
    const asksMenu = event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    if (event.key === 'Enter') {
      list.onOpen(item);
    } else if (asksMenu || (event.key === ' ' && list.onMenu)) {
      showMenuBelow();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const onContextMenu = (event: MouseEvent): void => {
    if (list.onMenu && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      showMenu({ x: event.clientX, y: event.clientY });
    }
  };
  return (
    <div
      ref={row}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={isActive}
      data-index={index}
      tabIndex={isActive ? 0 : -1}
      className="jp-RokRows-row"
      style={{ height: list.rowHeight, transform: `translateY(${top}px)` }}
      onClick={() => {
        onActive();
        list.onSelect?.(item);
      }}
      onDoubleClick={() => list.onOpen(item)}
      onKeyDown={onKeyDown}
      onContextMenu={onContextMenu}
    >
      {list.draw(item)}
      {list.onMenu && (
        <span role="gridcell" className="jp-RokRows-actions">
          <button
            type="button"
            className="jp-RokButton jp-mod-icon"
            tabIndex={isActive ? 0 : -1}
            aria-haspopup="menu"
            aria-label={list.trans.__('Actions for %1', list.nameOf(item))}
            title={list.trans.__('Actions')}
            onClick={event => {
              event.stopPropagation();
              showMenuBelow();
            }}
          >
            <ellipsesIcon.react tag="span" className="jp-RokButton-icon" />
          </button>
        </span>
      )}
    </div>
  );
}

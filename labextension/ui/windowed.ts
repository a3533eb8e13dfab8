/**
 * Long lists of which only what is seen is drawn.
 *
 * Owns which rows are seen and where they stand. Doesn't own how they look. It is small on purpose: it is part of what every
 * page loads.
 */
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'react';

/** A row that is to be drawn: its index, its place from the top and its height, in pixels. */
export interface IWindowRow {
  readonly index: number;
  readonly key: string | number;
  readonly start: number;
  readonly size: number;
}

export interface IWindowOptions {
  readonly count: number;
  readonly getScrollElement: () => HTMLElement | null;
  /** A row's height, as far as it is known before it is drawn. */
  readonly estimateSize: (index: number) => number;
  /** What a row is known by. A new function says that heights may be others. */
  readonly getItemKey?: (index: number) => string | number;
  /** How many rows are drawn above and below what is seen. */
  readonly overscan?: number;
  /** A row that is always drawn, such as the one that has the focus; -1 for none. */
  readonly always?: number;
}

/** What a list needs to draw itself. */
export interface IWindow {
  getTotalSize(): number;
  getVirtualItems(): readonly IWindowRow[];
  /** Scroll no further than needed for the row to be seen whole. */
  scrollToIndex(index: number): void;
  /** Ask for all heights anew. */
  measure(): void;
  /** The `ref` of rows whose height shows once they are drawn; they have `data-index`. */
  readonly measureElement: (element: Element | null) => void;
}

const noKeys = (index: number): number => index;

/** Draw of a long list only what is seen. */
export function useVirtualizer(options: IWindowOptions): IWindow {
  const { count, estimateSize, getItemKey = noKeys, getScrollElement, overscan = 6, always = -1 } = options;
  const [round, draw] = useReducer((each: number) => each + 1, 0);
  const [version, measure] = useReducer((each: number) => each + 1, 0);
  const measured = useRef(new Map<string | number, number>()).current;
  const starts = useMemo(() => {
    const sums = new Float64Array(count + 1);
    for (let index = 0; index < count; index += 1) {
      sums[index + 1] = sums[index]! + (measured.get(getItemKey(index)) ?? estimateSize(index));
    }
    return sums;
    // `version` says that heights changed; the estimate itself is a new function each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [count, getItemKey, version]);
  const [first, last] = seen(getScrollElement(), starts, overscan);
  const shown = useRef<readonly [number, number]>([0, 0]);
  useLayoutEffect(() => {
    shown.current = [first, last];
  });
  useEffect(() => {
    const element = getScrollElement();
    const look = (): void => {
      const [from, to] = seen(element, starts, overscan);
      if (from !== shown.current[0] || to !== shown.current[1]) {
        draw();
      }
    };
    return element ? watch(element, look) : undefined;
    // The element is there once the list is drawn, and stays.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [starts, overscan]);
  const known = (index: number): string | number | undefined =>
    index < count ? getItemKey(index) : undefined;
  const measureElement = useMeasuring(measured, known, measure);
  const row = (index: number): IWindowRow => ({
    index,
    key: getItemKey(index),
    start: starts[index]!,
    size: starts[index + 1]! - starts[index]!
  });
  const items = useMemo(
    () => indices(first, last, always, count).map(row),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [first, last, always, starts, round]
  );
  return {
    getTotalSize: () => starts[count]!,
    getVirtualItems: () => items,
    scrollToIndex: index => reveal(getScrollElement(), starts, index),
    measure,
    measureElement
  };
}

/** The rows from and to (not including) which are seen, with `overscan` more on both sides. */
export function seen(
  element: Pick<HTMLElement, 'scrollTop' | 'clientHeight'> | null,
  starts: Float64Array,
  overscan: number
): readonly [number, number] {
  if (!element || element.clientHeight === 0) {
    return [0, 0];
  }
  const count = starts.length - 1;
  const from = Math.max(0, rowAt(starts, element.scrollTop) - overscan);
  const to = rowAt(starts, element.scrollTop + element.clientHeight) + 1 + overscan;
  return [Math.min(from, count), Math.min(count, to)];
}

/** The row at a place: the last one that starts at or above it. */
function rowAt(starts: Float64Array, place: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= place) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

function indices(first: number, last: number, always: number, count: number): number[] {
  const drawn = Array.from({ length: last - first }, (_, index) => first + index);
  if (always < 0 || always >= count || (always >= first && always < last)) {
    return drawn;
  }
  return always < first ? [always, ...drawn] : [...drawn, always];
}

function reveal(element: HTMLElement | null, starts: Float64Array, index: number): void {
  const [start, end] = [starts[index], starts[index + 1]];
  if (!element || start === undefined || end === undefined) {
    return;
  }
  if (start < element.scrollTop) {
    element.scrollTop = start;
  } else if (end > element.scrollTop + element.clientHeight) {
    element.scrollTop = end - element.clientHeight;
  }
}

function watch(element: HTMLElement, look: () => void): () => void {
  const sizes = new ResizeObserver(look);
  sizes.observe(element);
  element.addEventListener('scroll', look, { passive: true });
  look();
  return () => {
    sizes.disconnect();
    element.removeEventListener('scroll', look);
  };
}

/** Watch the heights of rows that are drawn; one that is just being taken away may have no key any more. */
function useMeasuring(
  measured: Map<string | number, number>,
  keyOf: (index: number) => string | number | undefined,
  measure: () => void
): (element: Element | null) => void {
  const key = useRef(keyOf);
  key.current = keyOf;
  const observer = useRef<ResizeObserver>();
  useEffect(() => () => observer.current?.disconnect(), []);
  return useRef((element: Element | null): void => {
    if (!element) {
      return;
    }
    observer.current ??= new ResizeObserver(entries => {
      const changed = entries.filter(({ target }) => {
        const height = target.getBoundingClientRect().height;
        const row = key.current(Number(target.getAttribute('data-index')));
        if (row === undefined || height === 0 || !target.isConnected || measured.get(row) === height) {
          return false;
        }
        measured.set(row, height);
        return true;
      });
      if (changed.length > 0) {
        measure();
      }
    });
    observer.current.observe(element);
  }).current;
}

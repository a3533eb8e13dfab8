/**
 * Search and filters of the time line; the server does the searching.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { clearIcon, filterIcon, searchIcon } from '@jupyterlab/ui-components';
import { useEffect, useRef, useState } from 'react';

import type { SnapshotList } from '../model/snapshotList';
import type { ISnapshotFilter, OriginKind } from '../rest/values';
import { Button } from '../ui/button';
import { originWords } from './words';

/** How long after the last key the server is asked, in milliseconds. */
const PAUSE = 250;

/** Whether a list shows a part only. */
export function isFiltered(filter: ISnapshotFilter): boolean {
  return Object.values(filter).some(value => value);
}

interface IFilterBarProps {
  readonly list: SnapshotList;
  /** Ask for all tags that there are. */
  readonly tags: () => Promise<readonly string[]>;
  readonly volumes: readonly string[];
  readonly trans: TranslationBundle;
}

export function FilterBar(props: IFilterBarProps): JSX.Element {
  const { list, trans } = props;
  const { filter } = list;
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useSearch(list);
  const change = (part: ISnapshotFilter): void => void list.setFilter(cleaned({ ...list.filter, ...part }));
  const chosen = [filter.origin, filter.tag, filter.volume].filter(value => value).length;
  return (
    <div className="jp-RokFilter" role="search" aria-label={trans.__('Snapshots')}>
      <div className="jp-RokFilter-line">
        <div className="jp-RokFilter-search">
          <searchIcon.react tag="span" className="jp-RokFilter-icon" width="16px" height="16px" />
          <input
            type="search"
            className="jp-RokFilter-input"
            value={search}
            placeholder={trans.__('Search snapshots')}
            aria-label={trans.__('Search snapshots')}
            onChange={event => setSearch(event.target.value)}
          />
        </div>
        <Button
          kind="icon"
          icon={filterIcon}
          label={chosen ? trans.__('Filters, %1 in use', chosen) : trans.__('Filters')}
          pressed={isOpen || chosen > 0}
          onClick={() => setOpen(!isOpen)}
        />
        {isFiltered(filter) && (
          <Button
            kind="icon"
            icon={clearIcon}
            label={trans.__('Clear search and filters')}
            onClick={() => {
              setSearch('');
              void list.setFilter({});
            }}
          />
        )}
      </div>
      {isOpen && <Filters {...props} filter={filter} onChange={change} />}
    </div>
  );
}

function Filters(
  props: IFilterBarProps & {
    readonly filter: ISnapshotFilter;
    readonly onChange: (part: ISnapshotFilter) => void;
  }
): JSX.Element {
  const { list, volumes, filter, onChange, trans } = props;
  const all = useAllTags(list, props.tags);
  const tags = [
    ...new Set([...all, ...list.items.flatMap(item => item.tags), ...(filter.tag ? [filter.tag] : [])])
  ];
  const select = (
    label: string,
    all: string,
    value: string | undefined,
    options: readonly (readonly [string, string])[],
    set: (value: string) => void
  ): JSX.Element => (
    <select
      className="jp-RokFilter-select"
      aria-label={label}
      title={label}
      value={value ?? ''}
      onChange={event => set(event.target.value)}
    >
      <option value="">{all}</option>
      {options.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  );
  const pairs = (words: readonly string[]): [string, string][] => words.map(word => [word, word]);
  return (
    <div className="jp-RokFilter-line jp-mod-wrap">
      {select(
        trans.__('Origin'),
        trans.__('All origins'),
        filter.origin,
        Object.entries(originWords(trans)),
        origin => onChange({ origin: origin as OriginKind })
      )}
      {select(trans.__('Tag'), trans.__('All tags'), filter.tag, pairs(tags.sort()), tag =>
        onChange({ tag })
      )}
      {volumes.length > 1 &&
        select(trans.__('Volume'), trans.__('All volumes'), filter.volume, pairs(volumes), volume =>
          onChange({ volume })
        )}
    </div>
  );
}

/** All tags, asked for anew where the list is another one; those of the loaded snapshots do where that fails. */
function useAllTags(list: SnapshotList, ask: () => Promise<readonly string[]>): readonly string[] {
  const [all, setAll] = useState<readonly string[]>([]);
  const { items } = list;
  useEffect(() => {
    let isCurrent = true;
    ask().then(
      tags => isCurrent && setAll(tags),
      () => undefined
    );
    return () => {
      isCurrent = false;
    };
  }, [items, ask]);
  return all;
}

/** The text of the search box, which reaches the server a moment after the last key. */
function useSearch(list: SnapshotList): [string, (text: string) => void] {
  const [text, setText] = useState(list.filter.search ?? '');
  const timer = useRef<number>();
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const set = (next: string): void => {
    setText(next);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      void list.setFilter(cleaned({ ...list.filter, search: next.trim() }));
    }, PAUSE);
  };
  return [text, set];
}

/** The filter without fields that say nothing, so that equal filters look equal. */
function cleaned(filter: ISnapshotFilter): ISnapshotFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
}

/**
 * Search and filters of the time line; the server does the searching.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { clearIcon, filterIcon, searchIcon } from '@jupyterlab/ui-components';
import { useEffect, useRef, useState } from 'react';

import type { SnapshotList } from '../model/snapshotList';
import type { ISnapshotFilter, OriginKind } from '../rest/values';
import { Button } from '../ui/button';
import { FilterChoice, plainOptions } from './filterChoice';
import { LineageChoices } from './lineageChoices';
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
  const { origin, tag, volume, pipeline, run, step } = filter;
  const chosen = [origin, tag, volume, pipeline, run, step].filter(value => value).length;
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
  return (
    <div className="jp-RokFilter-line jp-mod-wrap">
      <FilterChoice
        label={trans.__('Origin')}
        all={trans.__('All origins')}
        value={filter.origin}
        options={Object.entries(originWords(trans))}
        onChoose={origin => onChange({ origin: origin as OriginKind })}
      />
      <FilterChoice
        label={trans.__('Tag')}
        all={trans.__('All tags')}
        value={filter.tag}
        options={plainOptions(tags.sort())}
        onChoose={tag => onChange({ tag })}
      />
      {volumes.length > 1 && (
        <FilterChoice
          label={trans.__('Volume')}
          all={trans.__('All volumes')}
          value={filter.volume}
          options={plainOptions(volumes)}
          onChoose={volume => onChange({ volume })}
        />
      )}
      <LineageChoices items={list.items} filter={filter} trans={trans} onChange={onChange} />
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

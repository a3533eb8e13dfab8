/**
 * A comparison at a glance: which two states, how much changed, and the list of what did.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon, undoIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';

import { baseName, decodeName, formatVolumePath, parentPath } from '../rest/names';
import type { Change, EntryDifference } from '../rest/values';
import { Button } from '../ui/button';
import { formatBytes } from '../ui/format';
import { EmptyNotice, ErrorNotice, WarningNotice } from '../ui/notice';
import { RowList } from '../ui/rowList';
import { openMenu } from '../ui/rowMenu';
import { useSignals } from '../ui/useSignal';
import { changeMenu } from './changeMenu';
import type { Comparison } from './comparison';
import { type UnsavedDocuments, UnsavedNotice } from './unsaved';
import { CHANGES, nameChange, nameState, SIGNS } from './words';

/** The height of a change, in pixels: a name and its folder. */
const LINE = 40;

export interface ICompareViewProps {
  readonly comparison: Comparison;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
  /** Undefined where documents aren't known. */
  readonly unsaved?: UnsavedDocuments;
  /** Show what differs inside of an entry. */
  readonly onShow: (item: EntryDifference) => void;
}

/** Draws a Comparison. */
export function CompareView(props: ICompareViewProps): JSX.Element {
  const { comparison, commands, trans, onShow } = props;
  useSignals(comparison.changed);
  return (
    <div className="jp-RokCompare">
      <Header {...props} />
      {props.unsaved && <UnsavedNotice comparison={comparison} documents={props.unsaved} trans={trans} />}
      <Summary {...props} />
      {comparison.error ? (
        <ErrorNotice error={comparison.error} trans={trans} onRetry={() => void comparison.refresh()} />
      ) : (
        <RowList
          key={comparison.edition}
          label={trans.__('Changes')}
          items={comparison.items}
          trans={trans}
          rowHeight={LINE}
          keyOf={formatVolumePath}
          nameOf={item => baseName(item.path) || item.volume}
          draw={item => <ChangeCells item={item} trans={trans} />}
          onOpen={onShow}
          onSelect={onShow}
          onMenu={(item, at, done) => openMenu(commands, changeMenu(comparison, item), at, done)}
          hasMore={comparison.hasMore}
          onMore={() => void comparison.loadMore()}
        />
      )}
      <Footer {...props} />
    </div>
  );
}

function Header({ comparison, trans }: ICompareViewProps): JSX.Element {
  const { before, after, paths } = comparison;
  const names = paths.map(path => decodeName(path)).join(', ');
  return (
    <header className="jp-RokCompare-header">
      <dl className="jp-RokCompare-states">
        <dt>{trans.__('Before')}</dt>
        <dd>{nameState(before, trans)}</dd>
        <dt>{trans.__('After')}</dt>
        <dd>{nameState(after, trans)}</dd>
        {names && <dt>{trans.__('Only')}</dt>}
        {names && <dd>{names}</dd>}
      </dl>
      <div className="jp-RokCompare-buttons">
        <Button
          label={trans.__('Swap')}
          icon={undoIcon}
          reason={comparison.unswappable ? trans.__('Now is always the later state.') : ''}
          onClick={() => void comparison.swap()}
        />
        <Button
          label={trans.__('Compare Again')}
          icon={refreshIcon}
          reason={after === 'live' ? '' : trans.__('Snapshots never change, so the answer stays the same.')}
          onClick={() => void comparison.refresh()}
        />
      </div>
    </header>
  );
}

/** How much changed, each kind a switch of the filter. */
function Summary({ comparison, trans }: ICompareViewProps): JSX.Element | null {
  const { counts, filter, errors } = comparison;
  if (counts === undefined) {
    return null;
  }
  const choose = (change: Change): void => {
    const chosen = filter.change === change ? undefined : change;
    void comparison.setFilter({ ...filter, change: chosen });
  };
  return (
    <div className="jp-RokCompare-summary">
      <div role="group" aria-label={trans.__('Show only')} className="jp-RokCompare-counts">
        {CHANGES.filter(change => counts[change] > 0).map(change => (
          <Button
            key={change}
            label={`${counts[change]} ${nameChange(change, trans)}`}
            pressed={filter.change === change}
            onClick={() => choose(change)}
          >
            <Sign change={change} /> {counts[change]} {nameChange(change, trans)}
          </Button>
        ))}
      </div>
      {counts.bytes_before !== counts.bytes_after && (
        <div className="jp-RokCompare-bytes">
          {trans.__('%1 before, %2 after', formatBytes(counts.bytes_before), formatBytes(counts.bytes_after))}
        </div>
      )}
      {errors.length > 0 && (
        <WarningNotice>
          {trans._n('%1 entry could not be compared: ', '%1 entries could not be compared: ', errors.length)}
          {errors.slice(0, 3).map(error => `${decodeName(error.path)}: ${error.message} `)}
        </WarningNotice>
      )}
      <input
        type="search"
        className="jp-RokBrowse-filter"
        placeholder={trans.__('Filter by path')}
        aria-label={trans.__('Filter by path')}
        value={filter.text}
        onChange={event => void comparison.setFilter({ ...filter, text: event.target.value })}
      />
    </div>
  );
}

function Footer({ comparison, trans }: ICompareViewProps): JSX.Element | null {
  const { items, count, loading, loaded, hasMore, error } = comparison;
  if (loaded && count === 0 && !loading) {
    return <EmptyNotice title={trans.__('Nothing differs.')} />;
  }
  if (loaded && items.length === 0 && !hasMore && !loading) {
    return <EmptyNotice title={trans.__('No change matches the filter.')} />;
  }
  const words = loading
    ? loaded
      ? trans.__('Loading…')
      : trans.__('Comparing…')
    : trans._n('%1 change shown', '%1 changes shown', items.length);
  return (
    <div className="jp-RokBrowse-footer" role="status">
      {error ? '' : words}
    </div>
  );
}

function Sign({ change }: { change: Change }): JSX.Element {
  return (
    <span className={`jp-RokSign jp-mod-${change}`} aria-hidden="true">
      {SIGNS[change]}
    </span>
  );
}

function ChangeCells({ item, trans }: { item: EntryDifference; trans: TranslationBundle }): JSX.Element {
  const folder = decodeName(parentPath(item.path));
  const where = folder ? `${item.volume}: ${folder}` : item.volume;
  const kind = nameChange(item.change, trans);
  return (
    <>
      <span role="gridcell" className="jp-RokChange-sign" title={kind}>
        <Sign change={item.change} />
        <span className="jp-RokHidden">{kind}</span>
      </span>
      <span role="gridcell" className="jp-RokChange-name" title={`${where}/${baseName(item.path)}\n${kind}`}>
        <span className="jp-RokBrowse-text">
          {baseName(item.path) || item.volume}
          {(item.after ?? item.before)?.type === 'directory' && '/'}
        </span>
        <span className="jp-RokChange-folder">{where}</span>
      </span>
    </>
  );
}

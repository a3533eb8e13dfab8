/**
 * nbdime never trusts an output here: scripts in a snapshot would run with the user's rights.
 *
 * Owns taking away what would trust one: the button in an output's menu, and the property that it sets. nbdime is bundled for this
 * extension alone, so no other user of it is concerned.
 */
import type { Panel } from '@lumino/widgets';
import { RenderableDiffModel } from 'nbdime/lib/diff/model/renderable';
import { OutputPanel } from 'nbdime/lib/diff/widget/output';

const TRUST_BUTTON = 'jp-Diff-trustOutputButton';

/** What of nbdime's output is changed; its types keep it to itself. */
interface IMenu {
  menu: Panel;
  createHoverMenu(): void;
}

let isDone = false;

/** Have nbdime's widgets offer no trust, from now on. */
export function distrustAlways(): void {
  if (isDone) {
    return;
  }
  isDone = true;
  Object.defineProperty(RenderableDiffModel.prototype, 'trusted', { get: () => false, set: () => undefined });
  const output = OutputPanel.prototype as unknown as IMenu;
  const createMenu = output.createHoverMenu;
  output.createHoverMenu = function (this: IMenu): void {
    createMenu.call(this);
    [...this.menu.widgets].filter(each => each.hasClass(TRUST_BUTTON)).forEach(each => each.dispose());
  };
}

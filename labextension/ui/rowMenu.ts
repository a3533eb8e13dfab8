/**
 * A menu of commands at a place of the window, as a row's button opens it.
 */
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { Menu } from '@lumino/widgets';

import type { IPoint } from './rowList';

export interface IMenuEntry {
  readonly command: string;
  readonly args: ReadonlyJSONObject;
}

/** Open a menu; `done` is called once it is closed, to give the focus back. */
export function openMenu(
  commands: CommandRegistry,
  entries: readonly IMenuEntry[],
  at: IPoint,
  done: () => void
): void {
  const menu = new Menu({ commands });
  menu.addClass('jp-ThemedContainer');
  // Another feature's command is missing where its plugin is disabled.
  entries.filter(entry => commands.hasCommand(entry.command)).forEach(entry => menu.addItem(entry));
  menu.aboutToClose.connect(() => {
    done();
    // A chosen command runs after this signal, and needs the menu until then.
    requestAnimationFrame(() => menu.dispose());
  });
  menu.open(at.x, at.y);
}

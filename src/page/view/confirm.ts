import { byId, setText } from "../dom.ts";

/** Asks before something that others notice. @returns whether the user agreed */
export function confirmed(title: string, text: string, action: string): Promise<boolean> {
  const dialog = byId("confirm") as HTMLDialogElement;
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-yes"), action);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

import { Page } from "./page.ts";

new Page().begin();

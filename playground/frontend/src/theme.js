// Loaded before the page is painted, so that a theme does not flash.
import { apply } from "./themes.js";

apply();

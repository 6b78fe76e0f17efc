import { connectCells } from "./cell.js";
import { CodeEditor } from "./editor/element.js";
import { watchConnection } from "./connection.js";
import { LoopTimeline } from "./timeline/element.js";
import { offerThemes } from "./themes.js";

customElements.define("code-editor", CodeEditor);
customElements.define("loop-timeline", LoopTimeline);
connectCells();
watchConnection();
offerThemes(document.getElementById("theme"));

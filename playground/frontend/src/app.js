import { connectCells } from "./cell.js";
import { CodeEditor } from "./editor/element.js";
import { watchConnection } from "./connection.js";
import { LoopReplay } from "./replay/element.js";
import { OpenCode } from "./replay/open-code.js";
import { RecordedLoop } from "./replay/recorded.js";
import { LoopTimeline } from "./timeline/element.js";
import { offerThemes } from "./themes.js";

customElements.define("code-editor", CodeEditor);
customElements.define("loop-timeline", LoopTimeline);
customElements.define("recorded-loop", RecordedLoop);
customElements.define("loop-replay", LoopReplay);
customElements.define("open-code", OpenCode);
connectCells();
watchConnection();
offerThemes(document.getElementById("theme"));

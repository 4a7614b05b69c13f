"""What the pages say: each text in Chinese and in English. Placeholders as in `str.format`."""

from typing import Final

from db.tables import COLUMN_NAMES

LANGUAGES: Final = ("zh", "en")

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # frame
    "product": ("份额审核", "Share review"),
    "skip_to_content": ("跳到正文", "Skip to content"),
    "nav": ("主导航", "Main"),
    "nav_queue": ("队列", "Queue"),
    "nav_upload": ("上传", "Upload"),
    "nav_numbers": ("统计", "Numbers"),
    "language": ("English", "中文"),
    "logout": ("退出", "Log out"),
    "keys": ("快捷键", "Keys"),
    "caller_anonymous": ("匿名", "anonymous"),
    "role_corrector": ("审核员", "corrector"),
    "role_admin": ("管理员", "admin"),
    "beijing_time": ("时间均为北京时间", "Times are Beijing time"),
    "times_of": ("时间均为 {zone} 时间", "Times are those of {zone}"),
    "needs_script": (
        "浏览器没有运行脚本：可以查看，不能操作。",
        "Scripts do not run in this browser: you can look, but not act.",
    ),
    "close": ("关闭", "Close"),
    "cancel": ("取消", "Cancel"),
    "or": ("或", "or"),
    # states, reasons, actions
    "state_open": ("待审", "Open"),
    "state_confirmed": ("已确认", "Confirmed"),
    "state_corrected": ("已改正", "Corrected"),
    "state_dismissed": ("已排除", "Dismissed"),
    "state_all": ("全部", "All"),
    "reason_": ("有答案", "Answered"),
    "reason_NO_TEXT": ("图上没有可读的文字", "Nothing readable"),
    "reason_TURNED": ("图片方向不正", "Not upright"),
    "reason_NO_CODE": ("没有找到代码", "No code found"),
    "reason_MANY_CODES": ("有多个代码", "Several codes"),
    "reason_NO_SHARE": ("没有找到份额", "No share found"),
    "reason_MANY_SHARES": ("有多个份额", "Several shares"),
    "reason_AMBIGUOUS_NUMBER": ("数字有歧义", "Ambiguous number"),
    "reason_LOW_CONFIDENCE": ("识别把握不足", "Low confidence"),
    "reason_READINGS_DISAGREE": ("两次识别不一致", "Readings disagree"),
    "reason_CHECK_DISAGREES": ("与净值、金额对不上", "Net value check disagrees"),
    "reason_CODE_NOT_LISTED": ("代码不在基金名单中", "Code is not on the fund list"),
    "reason_CODE_NAME_DISAGREE": ("代码与基金名对不上", "Code and name disagree"),
    "reason_RULE_ERROR": ("规则出错", "Rules failed"),
    "kind": ("页面类型", "Kind of page"),
    "kind_holding": ("持仓", "Holding"),
    "kind_list": ("持仓列表", "List of holdings"),
    "kind_sell": ("卖出", "Sale"),
    "kind_conversion": ("转换", "Conversion"),
    "kind_purchase": ("买入", "Purchase"),
    "kind_order": ("交易记录", "Order"),
    "kind_confirmation": ("确认单", "Confirmation"),
    "kind_profile": ("基金档案", "Profile"),
    "kind_other": ("其他", "Other"),
    "action_read": ("首次识别", "First reading"),
    "action_copied": ("同图沿用", "Taken from the same picture"),
    "action_reread": ("重新识别", "Read again"),
    "action_doubted": ("新规则给出别的答案", "Later rules say otherwise"),
    "action_corrected": ("改正", "Corrected"),
    "action_confirmed": ("确认", "Confirmed"),
    "action_dismissed": ("排除", "Dismissed"),
    "action_undone": ("撤销", "Undone"),
    "action_imported": ("导入", "Imported"),
    "not_a_fund": ("不是基金", "Not a fund"),
    "unreadable": ("无法识别", "Unreadable"),
    "other": ("其他", "Other"),
    # names of things
    **COLUMN_NAMES,  # of columns, as db/tables.py has them
    "check": ("份额×净值", "Share × net value"),
    "check_agrees": ("相符", "agrees"),
    "check_disagrees": ("不符", "disagrees"),
    "check_absent": ("无从核对", "nothing to check with"),
    "actor": ("操作人", "Who"),
    "note": ("备注", "Note"),
    "when": ("时间", "When"),
    "nobody": ("系统", "System"),
    "empty": ("空", "empty"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    # queue
    "queue_title": ("审核队列", "Review queue"),
    "queue_lead": (
        "失败和存疑的在前，其余按置信度由低到高。",
        "Failed and doubtful first, then the least confident.",
    ),
    "search": ("搜索", "Search"),
    "search_hint": ("代码、链接或链接开头", "Code, link or beginning of a link"),
    "search_by_prefix": (
        "没有与之完全相同的链接，下面是以它开头的。",
        "No link is exactly this; these begin with it.",
    ),
    "search_odd": (
        "搜索要写六位代码、编号（#17）或以 http 开头的链接。",
        "Search for a six-digit code, an id (#17) or a link that begins with http.",
    ),
    "filters": ("筛选", "Filters"),
    "any": ("不限", "Any"),
    "since": ("起始日", "From"),
    "until": ("截止日", "To"),
    "apply": ("筛选", "Filter"),
    "clear": ("清除", "Clear"),
    "start": ("开始审核", "Start reviewing"),
    "export_csv": ("导出 CSV", "Export CSV"),
    "export_xlsx": ("导出 XLSX", "Export XLSX"),
    "next_page": ("下一页", "Next page"),
    "first_page": ("回到第一页", "First page"),
    "nothing_here": ("这里没有要审的。", "Nothing to review here."),
    "nothing_matches": ("没有符合筛选条件的行。", "No row matches these filters."),
    "rows_shown": ("本页 {count} 行", "{count} rows on this page"),
    "open_row": ("打开 #{id}", "Open #{id}"),
    # card
    "card_title": ("审核 #{id}", "Review #{id}"),
    "left": ("待审 {count}", "{count} open"),
    "picture": ("图片", "Picture"),
    "picture_loading": ("正在取图…", "Fetching the picture…"),
    "picture_alt": ("截图，框出的是决定结果的文字", "Screenshot with the deciding lines outlined"),
    "picture_upload": (
        "这张图是上传的，没有保留；下面只有识别出的文字。",
        "This picture was uploaded and is not kept; only its evidence lines remain.",
    ),
    "picture_gone": (
        "图片取不到了：链接已失效，或图片已删除。",
        "The picture cannot be fetched any more: the link has expired or the picture is gone.",
    ),
    "picture_forbidden": (
        "按设置，不允许从这个地址取图。",
        "The settings do not allow fetching from this address.",
    ),
    "picture_broken": (
        "取到的内容不是完整的图片。",
        "What was fetched is not a whole picture.",
    ),
    "picture_changed": (
        "链接上的图片已经不是当时识别的那张，框线可能不准。",
        "The link shows another picture than the one that was read; outlines may be off.",
    ),
    "try_again": ("再试", "Try again"),
    "zoom": ("缩放", "Zoom"),
    "evidence_lines": ("识别出的文字", "Lines read"),
    "evidence_none": ("没有保存识别出的文字。", "No lines were kept."),
    "read_as": ("读作", "Read as"),
    "not_read": ("没有读到", "Not read"),
    "read_many": ("读到 {count} 个，请选", "{count} read: pick one"),
    "not_on_picture": ("识别出的文字里没有这个值", "Not among the lines read"),
    "unsure": ("请核对", "Please check"),
    "doubted": (
        "存疑：规则 {rules} 从这一页读到的是「{other}」。在有人判定之前，仍按原答案回答。",
        "Doubtful: rules {rules} read “{other}” on this page. Until somebody confirms or corrects "
        "it, this row goes on answering as before.",
    ),
    "candidates": ("候选", "Candidates"),
    "candidates_none": ("没有候选，请看图输入。", "No candidates: type what the picture shows."),
    "pick_hint": ("也可以点图上的数字", "Or click a number on the picture"),
    "confirm_next": ("确认，下一条", "Confirm, next"),
    "save_next": ("保存，下一条", "Save, next"),
    "nothing_to_confirm": (
        "还没有代码和份额：选候选、输入，或排除。",
        "No code and share yet: pick, type or dismiss.",
    ),
    "bad_code": ("代码是六位数字，例如 011608。", "A code is six digits, such as 011608."),
    "bad_share": (
        "份额是数字，小数点前至多 16 位、后至多 4 位。",
        "A share is a number: at most 16 digits before the point, 4 after it.",
    ),
    "mixed_pair": (
        "{code} 和 {share} 不是读到的同一笔持仓。确实如此，就再保存一次。",
        "{code} and {share} are no holding that was read here. If they belong together all the "
        "same, save once more.",
    ),
    "dismiss": ("排除", "Dismiss"),
    "dismiss_title": ("为什么排除？", "Why dismiss it?"),
    "dismiss_note": ("备注（“其他”必填）", "Note (required for “Other”)"),
    "skip": ("跳过", "Skip"),
    "undo": ("撤销", "Undo"),
    "edit": ("修改", "Edit"),
    "details": ("详情", "Details"),
    "history": ("历史", "History"),
    "back_to_queue": ("返回队列", "Back to the queue"),
    "also_open": ("{names} 也打开着这一条", "{names} has this row open too"),
    "another_window": ("您的另一个窗口", "Another window of yours"),
    "done_confirmed": ("#{id} 已确认", "#{id} confirmed"),
    "done_corrected": ("#{id} 已改正", "#{id} corrected"),
    "done_dismissed": ("#{id} 已排除", "#{id} dismissed"),
    "done_undone": ("#{id} 已撤销", "#{id} undone"),
    "done_skipped": ("已跳过 #{id}", "#{id} skipped"),
    "nothing_to_undo": ("没有可撤销的操作。", "There is nothing to undo."),
    "queue_done": ("这一批审完了。", "That was the last one."),
    "queue_done_lead": (
        "符合筛选条件的行都看过了；跳过的还在队列里。",
        "Every row of this filter was looked at; skipped rows are still in the queue.",
    ),
    "changed_title": ("这一行已被改动", "This row has changed"),
    "changed_lead": (
        "您打开之后有人改过。您填的还在，没有保存。",
        "Somebody changed it after you opened it. What you typed is kept and not saved.",
    ),
    "changed_early": (
        "您打开之后有人改过这一行。",
        "Somebody changed this row after you opened it.",
    ),
    "before": ("您打开时", "When you opened it"),
    "now": ("现在", "Now"),
    "yours": ("您填的", "Yours"),
    "save_mine": ("仍然保存我的", "Save mine all the same"),
    "take_theirs": ("采用现在的", "Take the present one"),
    "failed_offline": (
        "没有连上服务，什么也没有保存，请再试。",
        "The service cannot be reached; nothing was saved. Please try again.",
    ),
    "failed_other": ("没有保存：{error}", "Not saved: {error}"),
    "help_pick": ("选候选", "pick a candidate"),
    "help_enter": ("保存并到下一条", "save and go on"),
    "help_note": ("写备注", "write a note"),
    "help_escape": ("离开输入框", "leave the field"),
    "help_zoom": ("放大、缩小图片", "zoom the picture"),
    "help_move": ("上下移动", "move up and down"),
    "help_open": ("打开", "open"),
    "help_search": ("搜索", "search"),
    # history
    "history_title": ("#{id} 的历史", "History of #{id}"),
    "history_none": ("只有首次识别，还没有人动过。", "Only the first reading; nobody touched it."),
    "what_changed": ("改动", "What changed"),
    # upload
    "upload_title": ("上传图片", "Upload pictures"),
    "upload_lead": (
        "图片只在内存里识别，不保存；留下的是识别出的文字和结果。",
        "Pictures are read in memory and not kept; their evidence lines and results are.",
    ),
    "upload_drop": ("把图片拖到这里，或粘贴，或", "Drop pictures here, paste them, or"),
    "upload_choose": ("选择图片", "choose pictures"),
    "upload_limits": (
        "JPEG、PNG、WEBP、BMP，每张至多 {megabytes} MB",
        "JPEG, PNG, WEBP or BMP, at most {megabytes} MB each",
    ),
    "file": ("文件", "File"),
    "progress": ("进度", "Progress"),
    "result": ("结果", "Result"),
    "upload_waiting": ("等待", "Waiting"),
    "upload_sending": ("发送 {percent}%", "Sending {percent}%"),
    "upload_reading": ("识别中", "Reading"),
    "upload_done": ("完成", "Done"),
    "upload_failed": ("失败", "Failed"),
    "upload_summary": (
        "{done} / {total} 完成，{answered} 张有答案，{failed} 张失败",
        "{done} of {total} done, {answered} answered, {failed} failed",
    ),
    "upload_retry": ("重试失败的", "Retry failed"),
    # numbers
    "numbers_title": ("统计", "Numbers"),
    "days": ("近 {count} 天", "Last {count} days"),
    "per_day": ("每天", "Per day"),
    "day": ("日期", "Day"),
    "answered": ("有答案", "Answered"),
    "refused": ("未答", "Refused"),
    "corrected": ("改正", "Corrected"),
    "confirmed": ("确认", "Confirmed"),
    "dismissed": ("排除", "Dismissed"),
    "total": ("合计", "Total"),
    "refused_by_reason": ("未答的原因", "Refused, by reason"),
    "reviewed": ("人工处理", "Reviewed by people"),
    "accuracy": ("准确率（以人工结论为准）", "Accuracy against people's verdicts"),
    "accuracy_lead": (
        "只算人看过的行：答对、答错、漏答。",
        "Of rows that people judged: right, wrong, missed.",
    ),
    "accuracy_none": ("这段时间还没有人工结论。", "Nobody judged any row in this time."),
    "judged": ("人工看过", "Judged"),
    "right": ("对", "Right"),
    "wrong": ("错", "Wrong"),
    "missed": ("漏", "Missed"),
    "share_right": ("答对率", "Right, %"),
    "numbers_none": ("这段时间没有数据。", "No rows in this time."),
    # errors; their sentences: front/pages/error_words.py
    "error_title": ("出错了", "Something is wrong"),
    "request_id": ("请求编号 {id}", "Request {id}"),
    "error_TooManyRows": (
        "行数超过一张 Excel 表的上限（1,048,575 行）：请缩小筛选范围，或导出 CSV。",
        "There are more rows than a sheet can hold (1,048,575): filter, or take the CSV.",
    ),
    "error_WorkbooksBusy": (
        "正在生成别人的 XLSX，请过一分钟再试，或导出 CSV。",
        "Other people's workbooks are being made: try again in a minute, or take the CSV.",
    ),
    "error_NoRoom": (
        "磁盘空间不足，无法生成 XLSX：请缩小筛选范围，或导出 CSV。",
        "There is no room on the disk for this workbook: filter, or take the CSV.",
    ),
    # login
    "login_title": ("登录", "Log in"),
    "login_lead": (
        "用管理员给您的密钥登录。",
        "Log in with the key that an admin gave you.",
    ),
    "login_key": ("密钥", "Key"),
    "login_button": ("登录", "Log in"),
    "login_used": (
        "这个登录链接已用过或已过期，请用密钥登录。",
        "This log-in link was used or is too old; log in with a key.",
    ),
    "login_wrong": ("密钥不对，或已收回。", "This key is wrong or has been revoked."),
}


def text(language: str, key: str, **values: object) -> str:
    """The text of `key` in a language of LANGUAGES, filled in; KeyError for an unknown key."""
    return unfilled(language, key).format(**values)


def unfilled(language: str, key: str) -> str:
    """The text with its placeholders, for a script that fills them in."""
    return TEXTS[key][LANGUAGES.index(language)]


def has_text(key: str) -> bool:
    """Whether there is such a text: reasons and actions may be newer than this page."""
    return key in TEXTS

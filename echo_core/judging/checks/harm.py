"""The patterns of `echo_core.judging.checks.malicious`: what harms, by language, and what only
weakens.

Left out: judging.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import regex

from echo_core.judging.checks.causes import Cause

_PYTHON: Final = frozenset({"python"})
_SCRIPT: Final = frozenset(
    {"javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "html"}
)
_C: Final = frozenset({"c", "cpp"})
_JVM: Final = frozenset({"java", "kotlin", "scala"})
_ANY: Final[frozenset[str]] = frozenset()

_DECODED: Final = (
    r"(?:base64|binascii|zlib|marshal|codecs|bytes\.fromhex|b64decode|b32decode|a2b_"
    r"|decompress|rot_?13"
    r"|fromhex|__import__\(['\"](?:base64|zlib|marshal)|lzma|bz2)"
)


_MINER_WORDS: Final = (
    *("xmrig", "minerd", "cpuminer", "coinhive", "coin-hive", "nanopool", "minexmr", "supportxmr"),
    *("cryptoloot", "crypto-loot", "authedmine", "ethermine", "minergate", "moneroocean"),
)
_DISK_WORDS: Final = ("/dev/sd", "/dev/nvme", "/dev/hd", "/dev/vd", "physicaldrive", "/dev/mem")
_REMOVAL_WORDS: Final = (
    *("rmtree", "removeall", "remove_dir_all", "rmsync", "rimraf", "deletedirectory"),
)
_TLS_WORDS: Final = (
    *("insecureskipverify", "rejectunauthorized", "node_tls_reject", "accept_invalid"),
    *("verifypeer", "verify_peer", "trustallcerts", "allow_all_hostname", "verify_none"),
)
# Where strangers collect what is sent to them, and what is worth sending.
_STRANGER_WORDS: Final = (
    *("discord.com/api/webhooks", "discordapp.com/api/webhooks", "api.telegram.org/bot"),
    *("pastebin.com/api", "webhook.site", "requestbin", "pipedream.net", "burpcollaborator"),
    *("interact.sh", "oastify.com", "ngrok.io", "transfer.sh", "hastebin", "ghostbin"),
    *("api.anonfiles", "file.io"),
)
_STRANGERS: Final = (
    r"(?:discord(?:app)?\.com/api/webhooks|api\.telegram\.org/bot|pastebin\.com/api|webhook\.site"
    r"|requestbin|pipedream\.net|burpcollaborator|interact\.sh|oastify\.com|ngrok\.io|transfer\.sh"
    r"|hastebin|ghostbin|api\.anonfiles|file\.io)"
)
_TREASURE: Final = (
    r"(?:\bos\.environ\b(?!\s{0,2}[\[.])|process\.env\b(?!\s{0,2}[\[.])|System\.getenv\(\)"
    r"|std::env::vars|os\.Environ\(\)|Login Data|\.ssh/id_|\.aws/credentials|/etc/(?:passwd|shadow)"
    r"|\bprintenv\b|(?<![\w.])env\b\s{0,2}\||local storage.{0,3}leveldb|wallet\.dat)"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern, and the words near which it is looked for."""

    name: str
    cause: Cause
    languages: frozenset[str]  # empty for all
    words: tuple[str, ...]  # in lower case
    pattern: regex.Pattern[str]


def _harm(name: str, languages: frozenset[str], words: tuple[str, ...], *parts: str) -> Rule:
    return Rule(name, Cause.MALICIOUS, languages, words, regex.compile("".join(parts), regex.I))


def _weak(name: str, languages: frozenset[str], words: tuple[str, ...], *parts: str) -> Rule:
    return Rule(name, Cause.UNPROTECTED, languages, words, regex.compile("".join(parts), regex.I))


RULES: Final[tuple[Rule, ...]] = (
    # --- a shell for somebody far away
    _harm("reverse-shell-device", _ANY, ("/dev/tcp/", "/dev/udp/"),
          r"(?:>&|<>|<|>)\s{0,3}&?\s{0,3}/dev/(?:tcp"
          r"|udp)/[\w.$%{}\[\]\"'+ -]{1,80}/[\w$%{}\"'+ ]{1,40}"),
    _harm("reverse-shell-netcat", _ANY, ("nc ", "ncat ", "netcat "),
          r"\b(?:nc|ncat|netcat)\b[^\n|;]{0,80}\s-(?:e|c|-exec"
          r"|-sh-exec)\s{0,3}[\"']?(?:/\w{1,10}){0,3}/?"
          r"(?:ba|z|da|k)?sh\b|\b(?:nc|ncat|netcat)\b[^\n|;]{0,80}\s-e\s{1,3}cmd(?:\.exe)?\b"),
    _harm("reverse-shell-pipe", _ANY, ("mkfifo", "mknod"),
          r"mk(?:fifo|nod)\s[^\n]{1,80}(?:;|&&)[^\n]{1,120}\bsh\b[^\n]{0,60}"
          r"\|[^\n]{0,20}\b(?:nc|ncat|openssl|telnet)\b"),
    _harm("reverse-shell-python", _ANY, ("dup2",),
          r"dup2\s{0,2}\(\s{0,2}\w{1,20}\.fileno\(\)\s{0,2},\s{0,2}[012]\s{0,2}\)(?s:.){0,240}"
          r"(?:/bin/(?:ba)?sh|pty\.spawn|subprocess|cmd\.exe)"),
    _harm("reverse-shell-c", _C, ("dup2",),
          r"dup2\s{0,2}\(\s{0,2}\w{0,16}(?:sock|fd|conn|client"
          r"|s)\w{0,8}\s{0,2},\s{0,2}[012]\s{0,2}\)(?s:.){0,300}"
          r"exec(?:ve|l|lp|v|le)\s{0,2}\(\s{0,2}\"/bin/(?:ba)?sh\""),
    _harm("reverse-shell-perl-ruby", _ANY, ("tcpsocket", "sockaddr_in", "fsockopen"),
          r"(?:TCPSocket\.(?:open|new)|sockaddr_in\s{0,2}\(|fsockopen\s{0,2}\()(?s:.){0,240}"
          r"(?:exec|popen|system|proc_open"
          r"|shell_exec)\s{0,2}[({ ]?\s{0,2}[\"'`]?(?:/bin/)?(?:ba)?sh\b"),
    _harm("reverse-shell-go", frozenset({"go"}), ("net.dial",),
          r"net\.Dial\((?s:.){0,300}exec\.Command\(\s{0,3}\"(?:/bin/)?(?:ba)?(?:sh"
          r"|cmd(?:\.exe)?|powershell)\""
          r"(?s:.){0,200}\.Std(?:in|out)\s{0,3}="),
    _harm("reverse-shell-rust", frozenset({"rust"}), ("tcpstream::connect",),
          r"TcpStream::connect\((?s:.){0,300}Command::new\(\s{0,3}\"(?:/bin/)?(?:ba)?(?:sh"
          r"|cmd(?:\.exe)?)\""
          r"(?s:.){0,200}(?:from_raw_fd|as_raw_fd|into_raw_fd)"),
    _harm("reverse-shell-java", _JVM, ("new socket(",),
          r"new Socket\((?s:.){0,300}(?:exec"
          r"|ProcessBuilder)\(\s{0,3}(?:new String\[\]\s{0,2}\{)?\"(?:/bin/)?(?:ba)?"
          r"(?:sh|cmd(?:\.exe)?)\"|ProcessBuilder\(\s{0,3}\"(?:/bin/)?(?:ba)?(?:sh|cmd(?:\.exe)?)\""
          r"(?s:.){0,200}new Socket\("),
    _harm("reverse-shell-java-2", _JVM, ("processbuilder(", ".exec("),
          r"(?:ProcessBuilder|\.exec)\(\s{0,3}\"(?:/bin/)?(?:ba)?(?:sh"
          r"|cmd(?:\.exe)?)\"(?s:.){0,300}new Socket\("),
    _harm("reverse-shell-node", _SCRIPT, ("child_process", "spawn(", "exec("),
          r"(?:spawn|exec)\(\s{0,3}[\"'`](?:/bin/)?(?:ba)?(?:sh|cmd(?:\.exe)?)[\"'`](?s:.){0,300}"
          r"(?:\.connect\(|createConnection\()(?s:.){0,300}\.pipe\("),
    _harm("reverse-shell-powershell", _ANY, ("tcpclient",),
          r"Net\.Sockets\.TCPClient(?s:.){0,500}(?:\biex\b|Invoke-Expression)"),
    # --- fetched and run unseen
    _harm("fetch-and-run", _ANY, ("curl ", "wget ", "curl'", "wget'"),
          r"\b(?:curl|wget)\b[^\n|;&#]{1,200}\|\s{0,3}(?:sudo\s{1,3})?(?:-\w{1,4}\s){0,3}"
          r"(?:env\s{1,3})?(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh\b(?!\w)|"
          r"\b(?:curl|wget)\b[^\n|;&#]{1,200}\|\s{0,3}(?:sudo\s{1,3})?(?:python|perl|ruby|node"
          r"|php)\d?(?:\s|$|[\"'`])"),
    _harm("fetch-and-run-substituted", _ANY, ("curl ", "wget "),
          r"(?:\b(?:ba|z|da)?sh\s{1,3}(?:-c\s{1,3})?|\beval\s{1,3}|\bsource\s{1,3}"
          r"|\s\.\s{1,2})[\"']?(?:\$\(|`|<\()\s{0,2}"
          r"(?:curl|wget)\b"),
    _harm("fetch-and-run-python", _PYTHON, ("exec(", "eval("),
          r"\b(?:exec|eval)\s{0,2}\(\s{0,3}(?:compile\s{0,2}\(\s{0,3})?(?:requests\.get"
          r"|urllib\.request\.urlopen|urlopen|httpx\.get)"
          r"\s{0,2}\("),
    _harm("fetch-and-run-node", _SCRIPT, ("eval(", "new function("),
          r"(?:fetch|https?\.get|axios(?:\.get)?)\s{0,2}\((?s:.){0,200}(?:\beval\s{0,2}\("
          r"|new Function\s{0,2}\()\s{0,2}\w"),
    _harm("fetch-and-run-powershell", _ANY, ("downloadstring", "downloadfile", "invoke-webrequest"),
          r"(?:\biex\b|Invoke-Expression)[^\n]{0,120}(?:DownloadString|DownloadFile"
          r"|Invoke-WebRequest)|"
          r"(?:DownloadString|Invoke-WebRequest)[^\n]{0,160}\|\s{0,3}(?:iex|Invoke-Expression)\b|"
          r"DownloadFile\([^\n]{1,200}Start-Process"),
    _harm("powershell-encoded", _ANY, ("-enc", "frombase64string"),
          r"powershell(?:\.exe)?\b[^\n]{0,80}\s-e(?:nc|ncodedcommand)?\s{1,3}[A-Za-z0-9+/=]{32,}|"
          r"(?:\biex\b|Invoke-Expression)[^\n]{0,80}FromBase64String"),
    # --- gone for good
    _harm("remove-everything", _ANY, ("rm ",),
          r"\brm\s{1,3}(?:-{1,2}[\w-]{1,24}\s{1,3}){1,4}(?:--\s{1,3})?[\"']?(?:/(?:\*|\s|$"
          r"|[\"';&|)])|"
          r"~/?(?:\*|\s|$|[\"';&|)])|\$\{?HOME\}?/?(?:\*|\s|$|[\"';&|)])|/(?:bin|boot|etc|home"
          r"|lib|usr|var|root|sys)/?\*?(?:\s|$|[\"';&|)]))"),
    _harm("remove-everything-named", _ANY, _REMOVAL_WORDS,
          r"(?:rmtree|RemoveAll|remove_dir_all|rmSync|rimraf(?:\.sync)?"
          r"|deleteDirectory)\s{0,2}\(\s{0,3}(?:new File\()?"
          r"[\"'`](?:/|/(?:bin|boot|etc|home|usr|var|root)/?|~/?|C:\\{1,4})[\"'`]"),
    _harm("remove-everything-windows", _ANY, ("del ", "rd ", "rmdir ", "format "),
          r"\b(?:del|erase)\s(?:/[fsqa]\s{0,2}){2,4}\s{0,3}[\"']?(?:[A-Z]:\\{1,2}|%SystemRoot%"
          r"|%USERPROFILE%)\*?|"
          r"\b(?:rd|rmdir)\s(?:/[sq]\s{0,2}){1,2}\s{0,3}[\"']?(?:[A-Z]:\\{1,2}|%SystemRoot%"
          r"|%USERPROFILE%)(?:\s|$|[\"'])|"
          r"\bformat\s{1,3}[A-Z]:\s{0,3}(?:/\w{1,3}[ :]?\w{0,6}\s{0,2}){0,3}/(?:y|q)\b"),
    _harm("overwrite-disk", _ANY, _DISK_WORDS,
          r"\bdd\s[^\n]{0,80}\bof=/dev/(?:sd[a-z]|nvme\d|hd[a-z]|vd[a-z])\b"
          r"|>\s{0,3}/dev/(?:sd[a-z]|nvme\dn\d|hd[a-z]|vd[a-z])\b|"
          r"\bmkfs(?:\.\w{1,8})?\s[^\n]{0,60}/dev/(?:sd[a-z]|nvme\d|hd[a-z]|vd[a-z])"
          r"|\bshred\s[^\n]{0,60}/dev/(?:sd|nvme|hd|vd)|"
          r"open\(\s{0,3}[rb]{0,2}[\"'](?:/dev/(?:sd[a-z]|nvme\dn\d|hd[a-z]|mem)"
          r"|\\{2,4}\.\\{1,2}PhysicalDrive\d)[\"']\s{0,3},\s{0,3}[\"'](?:wb?|r\+b)"),
    # --- too many of itself
    _harm("fork-bomb-shell", _ANY, ("(){", "() {", "( ) {"),
          r"(?<![\w.])(?P<f>:|[A-Za-z_]\w{0,20})\s{0,2}\(\s{0,2}\)\s{0,2}\{\s{0,3}(?P=f)\s{0,2}"
          r"\|\s{0,2}(?P=f)\s{0,2}&\s{0,2};?\s{0,2}\}"),
    _harm("fork-bomb", _ANY, ("fork(", "fork)", "fork;"),
          r"\bwhile\s{0,3}\(?\s{0,3}(?:1|true|True|!0)\s{0,3}\)?\s{0,3}[:{]?\s{0,12}(?:os\."
          r"|Process\.)?fork\s{0,2}\(\s{0,2}\)|"
          r"\bfor\s{0,2}\(\s{0,2};\s{0,2};\s{0,2}\)\s{0,12}\{?\s{0,12}fork\s{0,2}\("
          r"|\bfork\s{1,3}while\s{1,3}(?:fork|1|true)\b|"
          r"\bloop\s{0,3}\{\s{0,12}fork\b"),
    _harm("fork-bomb-windows", _ANY, ("%0|%0",), r"%0\s{0,2}\|\s{0,2}%0"),
    # --- miners
    _harm("miner-protocol", _ANY, ("stratum+", "stratum1+", "stratum2+"), r"stratum\d?\+(?:tcp|ssl|tls)://[\w.$%{}-]{3,}"),
    _harm("miner-program", _ANY, _MINER_WORDS,
          r"coin-?hive\.(?:min\.)?js|coin-?hive\.com|CoinHive\.(?:Anonymous|User)"
          r"|crypto-?loot\.com|authedmine\.com|"
          r"\bxmrig\b[^\n]{0,80}(?:\s-(?:o|-url|u|-donate-level|-user)\b|\.tar|/releases/)"
          r"|\b(?:minerd|cpuminer)\b[^\n]{0,40}\s-(?:a|o|-algo|-url)\b|"
          r"(?:pool\.minexmr|xmr\.nanopool|pool\.supportxmr|minergate|ethermine"
          r"|moneroocean)\.\w{2,6}:\d{2,5}"),
    # --- hidden, decoded, run
    _harm("decoded-and-run-python", _PYTHON, ("exec(", "eval(", "exec (", "eval ("),
          r"\b(?:exec|eval)\s{0,2}\(\s{0,3}(?:compile\s{0,2}\(\s{0,3})?(?:\(?lambda[^\n]{0,60})?"
          r"[\w.\[\]'\"(\s]{0,80}?", _DECODED),
    _harm("loads-and-run-python", _PYTHON, ("marshal.loads", "marshal . loads"),
          r"\bexec\s{0,2}\([^\n]{0,40}marshal\s{0,2}\.\s{0,2}loads"),
    _harm("decoded-and-run-script", _SCRIPT, ("eval(", "function(", "settimeout("),
          r"(?:\beval|\bnew Function|(?<!\w)Function|setTimeout)\s{0,2}\(\s{0,3}(?:window\."
          r"|globalThis\.)?"
          r"(?:atob|unescape|decodeURIComponent\s{0,2}\(\s{0,2}(?:escape\s{0,2}\(\s{0,2})?atob"
          r"|Buffer\.from\s{0,2}\([^\n)]{1,400},\s{0,3}['\"`](?:base64|hex)|"
          r"String\.fromCharCode)\s{0,2}[(,)'\"`.]"),
    _harm("packed-script", _SCRIPT, ("eval(function(p,a,c,k,e",),
          r"eval\(function\(p,a,c,k,e,[dr]\)"),
    _harm("numbered-names-script", _SCRIPT, ("_0x",),
          r"(?:var|let|const)\s{1,3}_0x[0-9a-f]{4,6}\s{0,2}=\s{0,2}\[(?:\s{0,2}'(?:\\x[0-9a-f]{"
          r"2}|[^'\n]){0,80}',?){3,}"),
    _harm("decoded-and-run-shell", _ANY, ("base64 -d", "base64 --decode", "xxd -r"),
          r"(?:base64\s{1,3}(?:-d|-D|--decode)|xxd\s{1,3}-r(?:\s{1,2}-p)?)\b[^\n|;]{0,60}"
          r"\|\s{0,3}(?:sudo\s{1,3})?(?:/(?:usr/)?bin/)?(?:(?:ba|z|da)?sh|python\d?|perl)\b|"
          r"(?:\beval|\b(?:ba|z)?sh\s{1,3}-c)\s{1,3}[\"']?(?:\$\("
          r"|`)[^\n)`]{0,200}base64\s{1,3}(?:-d|-D|--decode)"),
    _harm("decoded-and-run-php", _ANY, ("eval(", "assert(", "system(", "exec(", "passthru("),
          r"\b(?:eval|assert)\s{0,2}\(\s{0,3}(?:gzinflate|gzuncompress|base64_decode|str_rot13"
          r"|hex2bin|strrev)\s{0,2}\(|"
          r"\b(?:eval|assert|system|exec|passthru"
          r"|shell_exec)\s{0,2}\(\s{0,3}(?:stripslashes\s{0,2}\(\s{0,2})?\$_(?:GET|POST"
          r"|REQUEST|COOKIE)\b"),
    _harm("decoded-and-run-java", _JVM, ("defineclass",),
          r"defineClass\s{0,2}\([^\n]{0,120}(?:Base64|decode|DatatypeConverter)"),
    _harm("decoded-and-run-c", _C, ("shellcode",),
          r"\(\s{0,2}\(?\s{0,2}(?:void|int)\s{0,2}\(\s{0,2}\*\s{0,2}\w{0,20}\s{0,2}\)\s{0,2}\("
          r"\s{0,2}(?:void)?\s{0,2}\)\s{0,2}\)\s{0,2}\(?\s{0,2}&?\s{0,2}\w{0,20}shellcode|"
          r"shellcode\s{0,2}\[\s{0,2}\d{0,5}\s{0,2}\]\s{0,2}=\s{0,3}\{?\s{0,3}(?:\"(?:\\x[0-9a-"
          r"f]{2}){4}|0x[0-9a-f]{2}\s{0,2},)"),
    # --- sent to a stranger
    _harm("sent-away", _ANY, _STRANGER_WORDS, _TREASURE, r"(?s:.){0,400}", _STRANGERS),
    _harm("sent-away-first", _ANY, _STRANGER_WORDS, _STRANGERS, r"(?s:.){0,240}", _TREASURE),
    _harm("credential-files-uploaded", _ANY, ("/etc/shadow", ".ssh/id_", ".aws/credentials"),
          r"\b(?:curl|wget)\b[^\n]{0,120}(?:-d|-F|-T|--data(?:-binary)?|--form|--upload-file"
          r"|--post-file)[ =]{1,2}[^\n]{0,40}(?:/etc/shadow|\.ssh/id_|\.aws/credentials)|"
          r"\bcat\s[^\n|]{0,60}(?:/etc/shadow|\.ssh/id_|\.aws/credentials)[^\n|]{0,20}"
          r"\|\s{0,3}(?:curl|nc|ncat|wget|base64)"),
    # --- ransom
    _harm("ransom-loop", _ANY, ("encrypt",),
          r"(?:os\.walk|filepath\.Walk(?:Dir)?|glob\.glob|rglob|Files\.walk|readdirSync"
          r"|WalkDir::new|listFiles|nftw|opendir)\s{0,2}\(\s{0,3}"
          r"(?:[\"'`](?:/|/home|~|C:\\{1,4})|os\.path\.expanduser|Path\.home|os\.homedir|home"
          r"|root)(?s:.){0,400}\b\w{0,16}encrypt\w{0,16}\s{0,2}\((?s:.){0,240}"
          r"(?:os\.(?:remove|unlink|rename)|unlink(?:Sync)?|renameSync|os\.Rename|os\.Remove"
          r"|Files\.(?:delete|move)|fs::(?:rename|remove_file)|\.delete\(\)|remove\(|rename\()"),
    _harm("ransom-note", _ANY, ("your files", "have been encrypted"),
          r"your (?:\w{1,12} ){0,3}files (?:\w{1,8} ){0,3}(?:been "
          r"|are )(?:\w{1,8} ){0,2}encrypted(?s:.){0,300}\b(?:bitcoin|btc|monero|xmr|ransom"
          r"|decrypt)"),
    _harm("shadow-copies", _ANY, ("vssadmin", "shadowcopy", "wbadmin", "bcdedit"),
          r"vssadmin(?:\.exe)?\s{1,3}delete\s{1,3}shadows|wmic\s{1,3}shadowcopy\s{1,3}delete"
          r"|wbadmin\s{1,3}delete\s{1,3}catalog|bcdedit[^\n]{0,60}recoveryenabled\s{1,3}no"),
    # --- keys logged, lasting
    _harm("key-logger", _ANY,
          ("keyboard.listener", "pynput", "setwindowshookex", "getasynckeystate"),
          r"(?:keyboard\.Listener|pynput\.keyboard)(?s:.){0,400}(?:requests\.post|smtplib"
          r"|sendmail|sock\w{0,8}\.send)|"
          r"GetAsyncKeyState(?s:.){0,400}(?:fopen|ofstream|send\(|InternetOpen)"
          r"|SetWindowsHookEx\w?\s{0,2}\(\s{0,2}WH_KEYBOARD(?:_LL)?"),
    _harm("lasting-backdoor", _ANY, ("crontab", "authorized_keys", "/etc/cron"),
          r"(?:\*\s){4}\*\s[^\n]{0,60}(?:curl|wget)\b[^\n|]{1,160}\|\s{0,2}(?:ba)?sh|"
          r"echo\s[^\n]{0,20}ssh-(?:rsa|ed25519)\s[^\n]{20,600}>>[^\n]{0,60}authorized_keys"),
    # --- weak, not harmful
    _weak("unverified-tls-python", _PYTHON, ("verify", "unverified", "cert_none", "check_hostname"),
          r"\bverify(?:_ssl|_certs)?\s{0,2}=\s{0,2}False\b|_create_unverified_context"
          r"|ssl\.CERT_NONE|check_hostname\s{0,2}=\s{0,2}False"),
    _weak("unverified-tls", _ANY, _TLS_WORDS,
          r"InsecureSkipVerify\s{0,2}[:=]\s{0,2}true"
          r"|rejectUnauthorized[\"']?\s{0,2}[:=]\s{0,2}false"
          r"|NODE_TLS_REJECT_UNAUTHORIZED[\"'\])\s]{0,4}=\s{0,2}[\"']?0|"
          r"danger_accept_invalid_(?:certs|hostnames)\(\s{0,2}true"
          r"|VERIFYPEER\s{0,3},\s{0,3}(?:0|false)|SSL_VERIFY_NONE|VERIFY_NONE"
          r"|ALLOW_ALL_HOSTNAME_VERIFIER|verify_peer[\"']?\s{0,2}=>?\s{0,2}false|trustAllCerts"),
    _weak("unverified-tls-shell", _ANY, ("curl ", "wget ", "git "),
          r"\bcurl\b[^\n]{0,80}\s(?:-k\b|--insecure\b)"
          r"|\bwget\b[^\n]{0,80}\s--no-check-certificate|http\.sslVerify\s{0,2}=?\s{0,2}false"),
    _weak("shell-string", _PYTHON, ("shell=true", "shell = true"), r"\bshell\s{0,2}=\s{0,2}True\b"),
    _weak("unsafe-load", _PYTHON, ("yaml.load", "pickle.load"),
          r"yaml\.load\s{0,2}\((?![^\n)]{0,80}Safe)|pickle\.loads?\s{0,2}\(\s{0,2}(?:request"
          r"|sock|conn|response|urlopen)"),
    _weak("world-writable", _ANY, ("chmod",),
          r"\bchmod\s{1,3}(?:-R\s{1,3})?0?777\b|"
          r"chmod\s{0,2}\([^\n,]{1,60},\s{0,3}0?o?777\s{0,2}\)"),
    _weak("raw-html", _SCRIPT, ("dangerouslysetinnerhtml", "document.write("),
          r"dangerouslySetInnerHTML|document\.write\s{0,2}\("),
)  # fmt: skip

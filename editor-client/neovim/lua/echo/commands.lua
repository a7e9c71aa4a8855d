--- `:Echo …`: what a person asks, through the server where it knows, otherwise through `echoctl`.
---
--- Rules
---  - Nothing is switched on before its text was on the screen and a person said yes.

local server = require('echo.server')

local M = {}

---@param text string
---@param level? integer
local function say(text, level)
  vim.notify(text, level or vim.log.levels.INFO, { title = 'Echo' })
end

--- Ask the server; says what is wrong where it cannot be asked.
---@param method string
---@param params table
---@param then_do fun(result: table)
local function ask(method, params, then_do)
  local client = server.any_client()
  if not client then
    say('No file is open that Echo is started for. :checkhealth echo', vim.log.levels.WARN)
    return
  end
  client:request(method, params, function(err, result)
    if err then
      say(err.message, vim.log.levels.ERROR)
      return
    end
    then_do(result)
  end)
end

--- Run `echoctl` and show what it prints.
---@param arguments string[]
local function ctl(arguments)
  local program = server.program('echoctl')
  if not program then
    say('echoctl is not on the path. :checkhealth echo', vim.log.levels.WARN)
    return
  end
  local client = server.any_client()
  local environment = client and client.config.cmd_env or nil
  vim.system({ program, unpack(arguments) }, { text = true, env = environment }, function(done)
    vim.schedule(function()
      local text = vim.trim((done.stdout or '') .. (done.stderr or ''))
      say(text, done.code == 0 and vim.log.levels.INFO or vim.log.levels.ERROR)
    end)
  end)
end

--- A text to be read, in a window of its own.
---@param title string
---@param lines string[]
local function page(title, lines)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.cmd.split()
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.api.nvim_buf_set_name(bufnr, 'echo://' .. title)
  vim.wo.wrap = true
  vim.wo.linebreak = true
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr })
end

---@param result table
---@return string[]
local function described(result)
  local lines = {}
  for _, each in ipairs(result.switches) do
    lines[#lines + 1] = ('%s: %s'):format(each.switch, each.on and 'on' or 'off')
    vim.list_extend(lines, vim.split('  ' .. each.reason, '\n'))
  end
  lines[#lines + 1] = ''
  lines[#lines + 1] = ':Echo consent record on   shows what is agreed to, and asks'
  return lines
end

---@param name string
---@param text string what is agreed to
local function confirm_on(name, text)
  page('consent/' .. name, vim.split(text, '\n'))
  vim.cmd.redraw()
  vim.ui.select({ 'No', 'Yes' }, {
    prompt = ('Switch %s on, on this machine? The text above says what it means.'):format(name),
  }, function(choice)
    if choice ~= 'Yes' then
      say(name .. ' stays off')
      return
    end
    ask('echo/setConsent', { switch = name, on = true }, function(result)
      for _, each in ipairs(result.switches) do
        if each.switch == name then
          say(('%s: %s. %s'):format(name, each.on and 'on' or 'off', each.reason))
        end
      end
    end)
  end)
end

---@param name? string
---@param choice? string
local function consent(name, choice)
  if not name then
    ask('echo/consent', vim.empty_dict(), function(result)
      page('consent', described(result))
    end)
  elseif choice == 'off' then
    ask('echo/setConsent', { switch = name, on = false }, function()
      say(name .. ' is off')
    end)
  elseif choice == 'on' then
    ask('echo/consent', vim.empty_dict(), function(result)
      for _, each in ipairs(result.switches) do
        if each.switch == name then
          confirm_on(name, each.text)
          return
        end
      end
      say('There is no such switch: record, contribute, metrics', vim.log.levels.ERROR)
    end)
  else
    say(':Echo consent [record|contribute|metrics on|off]', vim.log.levels.ERROR)
  end
end

---@param on boolean
local function enabled(on)
  local client = server.any_client()
  if not client then
    say('Echo is not running', vim.log.levels.WARN)
    return
  end
  client.settings =
    vim.tbl_deep_extend('force', client.settings, { echo = { completion = { enabled = on } } })
  client:notify('workspace/didChangeConfiguration', { settings = client.settings })
  if not on then
    require('echo').dismiss()
  end
end

---@type table<string, fun(...: string)>
M.commands = {
  why = function()
    ask('echo/why', vim.empty_dict(), function(result)
      say(result.sentence ~= '' and result.sentence or 'Nothing was asked for yet.')
    end)
  end,
  status = function()
    local status = server.status
    say(status.message ~= '' and status.message or ('Echo is ' .. status.kind:gsub('_', ' ')))
  end,
  on = function()
    enabled(true)
  end,
  off = function()
    enabled(false)
  end,
  snooze = function(minutes)
    ctl({ 'snooze', minutes or '30' })
  end,
  forget = function(span)
    ctl({ 'data', 'forget', '--last', span or '10m' })
  end,
  figures = function()
    ctl({ 'status' })
  end,
  pause = function()
    ctl({ 'consent', 'record', 'off' })
  end,
  logs = function()
    ctl({ 'logs' })
  end,
  dashboard = function()
    ask('echo/dashboard', vim.empty_dict(), function(result)
      local _, problem = vim.ui.open(result.url)
      if problem then
        say('No browser could be started: run `echoctl dashboard` in a terminal', vim.log.levels.WARN)
      end
    end)
  end,
  consent = consent,
  restart = function()
    for _, client in ipairs(vim.lsp.get_clients({ name = server.NAME })) do
      client:stop()
    end
    vim.defer_fn(function()
      vim.cmd('silent! doautoall <nomodeline> FileType')
    end, 500)
  end,
}

local SECOND = {
  consent = { 'record', 'contribute', 'metrics' },
  snooze = { '30', '60', 'off' },
  forget = { '10m', '1h' },
}

---@param arguments string[]
function M.run(arguments)
  local name = arguments[1] or 'status'
  local command = M.commands[name]
  if not command then
    say(('There is no :Echo %s. :help echo-commands'):format(name), vim.log.levels.ERROR)
    return
  end
  command(unpack(arguments, 2))
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(line, '%s+', { trimempty = true })
  local finished = #words - (lead == '' and 0 or 1)
  local known = {}
  if finished <= 1 then
    known = vim.tbl_keys(M.commands)
  elseif finished == 2 then
    known = SECOND[words[2]] or {}
  elseif finished == 3 and words[2] == 'consent' then
    known = { 'on', 'off' }
  end
  table.sort(known)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, known)
end

return M

--- What is proposed at the cursor: asked for, drawn, moved along while it is typed, taken or left.
---
--- Left out: drawing (`echo.ghost`), how much a word is (`echo.units`), keys (`echo.keymaps`).
---
--- Rules
---  - A buffer has at most one question under way; the next one cancels it.
---  - An answer is drawn only where nothing happened since the question.
---  - Typing what is drawn moves it along at once; typing anything else clears it at once.
---  - The server hears of an item when it is drawn for the first time, and when it is taken, whole
---    or in part. Refusals it sees from the edits.

local config = require('echo.config')
local ghost = require('echo.ghost')
local server = require('echo.server')
local units = require('echo.units')

local api = vim.api

local M = {}

local METHOD = 'textDocument/inlineCompletion'
local INVOKED, AUTOMATIC = 1, 2 -- LSP 3.18, InlineCompletionTriggerKind

---@class echo.Suggestion
---@field items table[] as the server sent them, best first
---@field index integer which is drawn
---@field row integer 0-based line on which the open rest begins
---@field col integer byte column on it
---@field base integer bytes of the item that stand in the document before `col`
---@field tail integer bytes of the line behind what the item replaces

---@class echo.Buffer
---@field suggestion? echo.Suggestion
---@field request? integer
---@field timer? uv.uv_timer_t
---@field shown table<string, true> ids of items that were reported as drawn

---@type table<integer, echo.Buffer>
local buffers = {}

---@param bufnr integer
---@return echo.Buffer
local function of(bufnr)
  buffers[bufnr] = buffers[bufnr] or { shown = {} }
  return buffers[bufnr]
end

---@return integer row 0-based
---@return integer col in bytes
local function cursor()
  local at = api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

---@param bufnr integer
---@param row integer
---@return string
local function line_at(bufnr, row)
  return api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
end

---@param item table
---@return string
local function id_of(item)
  return item.command and item.command.arguments and item.command.arguments[1] or ''
end

--- What is still to be typed of the drawn item, at the cursor; nil where it does not fit any more.
---@param bufnr integer
---@return string? rest
---@return integer? typed bytes of the item that stand before the cursor
local function open_rest(bufnr)
  local suggestion = of(bufnr).suggestion
  if not suggestion or api.nvim_get_current_buf() ~= bufnr then
    return nil
  end
  local row, col = cursor()
  local line = line_at(bufnr, row)
  if row ~= suggestion.row or col < suggestion.col or #line - suggestion.tail < col then
    return nil
  end
  local text = suggestion.items[suggestion.index].insertText:sub(suggestion.base + 1)
  local typed = line:sub(suggestion.col + 1, col)
  local rest = units.rest(text, typed)
  if not rest or rest == '' then
    return nil
  end
  return rest, suggestion.base + #typed
end

---@param bufnr integer
local function cancel(bufnr)
  local buffer = of(bufnr)
  if buffer.timer then
    buffer.timer:stop()
    buffer.timer:close()
    buffer.timer = nil
  end
  if buffer.request then
    local client = server.client(bufnr)
    if client then
      client:cancel_request(buffer.request)
    end
    buffer.request = nil
  end
end

--- Take what is drawn away, and the question back.
---@param bufnr integer
function M.clear(bufnr)
  cancel(bufnr)
  of(bufnr).suggestion = nil
  ghost.clear(bufnr)
end

--- The buffer is gone.
---@param bufnr integer
function M.forget(bufnr)
  M.clear(bufnr)
  buffers[bufnr] = nil
end

--- Draw what is open of the current item, or clear.
---@param bufnr integer
---@return boolean drawn
local function draw(bufnr)
  local rest = open_rest(bufnr)
  if not rest then
    of(bufnr).suggestion = nil
    ghost.clear(bufnr)
    return false
  end
  local suggestion = assert(of(bufnr).suggestion)
  local row, col = cursor()
  -- What the item replaces behind the cursor stays on the screen: it is not drawn a second time.
  local line = line_at(bufnr, row)
  local replaced = line:sub(col + 1, #line - suggestion.tail)
  local visible = rest
  if replaced ~= '' and vim.endswith(visible, replaced) then
    visible = visible:sub(1, #visible - #replaced)
  end
  ghost.draw(bufnr, row, col, visible)
  local buffer, item = of(bufnr), suggestion.items[suggestion.index]
  local client = server.client(bufnr)
  if client and not buffer.shown[id_of(item)] then
    buffer.shown[id_of(item)] = true
    client:notify('textDocument/didShowCompletion', { item = item })
  end
  return true
end

---@param bufnr integer
---@param client vim.lsp.Client
---@param items table[]
local function present(bufnr, client, items)
  local item = items[1]
  local row, col = cursor()
  local from = item.range and item.range.start or nil
  local line = line_at(bufnr, row)
  local start_col, end_col = col, col
  if from then
    if from.line ~= row then
      return
    end
    start_col = vim.str_byteindex(line, client.offset_encoding, from.character, false)
    end_col =
      vim.str_byteindex(line, client.offset_encoding, item.range['end'].character, false)
  end
  of(bufnr).suggestion =
    { items = items, index = 1, row = row, col = start_col, base = 0, tail = #line - end_col }
  draw(bufnr)
end

--- Ask now.
---@param bufnr integer
---@param kind integer
local function ask(bufnr, kind)
  local client = server.client(bufnr)
  if not client or api.nvim_get_current_buf() ~= bufnr then
    return
  end
  local tick, row, col = api.nvim_buf_get_changedtick(bufnr), cursor()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  ---@diagnostic disable-next-line: inject-field
  params.context = { triggerKind = kind }
  local is_sent, request ---@type boolean, integer?
  is_sent, request = client:request(METHOD, params, function(err, result)
    local buffer = of(bufnr)
    if buffer.request ~= request then
      return -- it was cancelled
    end
    buffer.request = nil
    local is_here = api.nvim_get_current_buf() == bufnr
      and vim.startswith(api.nvim_get_mode().mode, 'i')
    local at_row, at_col = cursor()
    if
      not is_here
      or api.nvim_buf_get_changedtick(bufnr) ~= tick
      or at_row ~= row
      or at_col ~= col
    then
      return
    end
    local items = not err and result and (result.items or result) or {}
    if #items == 0 then
      buffer.suggestion = nil
      ghost.clear(bufnr)
      return
    end
    present(bufnr, client, items)
  end, bufnr)
  of(bufnr).request = is_sent and request or nil
end

--- Ask in a moment, unless something happens before.
---@param bufnr integer
local function ask_soon(bufnr)
  cancel(bufnr)
  local timer = assert(vim.uv.new_timer())
  of(bufnr).timer = timer
  timer:start(
    config.current.debounce_ms,
    0,
    vim.schedule_wrap(function()
      if of(bufnr).timer ~= timer then
        return
      end
      timer:close()
      of(bufnr).timer = nil
      ask(bufnr, AUTOMATIC)
    end)
  )
end

--- Something was typed, or the cursor moved in insert mode.
---@param bufnr integer
function M.follow(bufnr)
  draw(bufnr)
  ask_soon(bufnr)
end

--- Ask because a person wants it.
function M.request()
  local bufnr = api.nvim_get_current_buf()
  cancel(bufnr)
  ask(bufnr, INVOKED)
end

---@return boolean
function M.is_visible()
  return open_rest(api.nvim_get_current_buf()) ~= nil
end

--- Put text in at the cursor, as a step of its own for undo, and move behind it.
---@param bufnr integer
---@param end_col integer up to where the line is replaced
---@param text string
local function put(bufnr, end_col, text)
  local row, col = cursor()
  vim.o.undolevels = vim.o.undolevels -- assigning it ends the step before
  local lines = vim.split(text, '\n', { plain = true })
  api.nvim_buf_set_text(bufnr, row, col, row, end_col, lines)
  local last = #lines[#lines]
  api.nvim_win_set_cursor(0, { row + #lines, #lines == 1 and col + last or last })
  vim.o.undolevels = vim.o.undolevels
end

--- Take what is drawn, whole.
---@return boolean taken
function M.accept()
  local bufnr = api.nvim_get_current_buf()
  local rest = open_rest(bufnr)
  if not rest then
    return false
  end
  local suggestion = assert(of(bufnr).suggestion)
  local item = suggestion.items[suggestion.index]
  local row = cursor()
  put(bufnr, #line_at(bufnr, row) - suggestion.tail, rest)
  M.clear(bufnr)
  local client = server.client(bufnr)
  if client and item.command then
    client:request('workspace/executeCommand', {
      command = item.command.command,
      arguments = item.command.arguments,
    }, function() end, bufnr)
  end
  return true
end

--- Take the first part of what is drawn.
---@param part fun(text: string): string
---@return boolean taken
local function accept_part(part)
  local bufnr = api.nvim_get_current_buf()
  local rest, typed = open_rest(bufnr)
  if not rest or not typed then
    return false
  end
  local piece = part(rest)
  if piece == rest then
    return M.accept()
  end
  local suggestion = assert(of(bufnr).suggestion)
  local item = suggestion.items[suggestion.index]
  local _, col = cursor()
  put(bufnr, col, piece)
  suggestion.row, suggestion.col = cursor()
  suggestion.base = typed + #piece
  draw(bufnr)
  local client = server.client(bufnr)
  if client then
    client:notify('textDocument/didPartiallyAcceptCompletion', {
      item = item,
      acceptedLength = units.utf16_length(item.insertText:sub(1, suggestion.base)),
    })
  end
  return true
end

---@return boolean taken
function M.accept_word()
  return accept_part(units.word)
end

---@return boolean taken
function M.accept_line()
  return accept_part(units.line)
end

--- Another candidate. Where there is one only, more are asked for.
---@param step integer
function M.turn(step)
  local bufnr = api.nvim_get_current_buf()
  local suggestion = of(bufnr).suggestion
  if not suggestion or #suggestion.items < 2 or suggestion.base > 0 then
    M.request()
    return
  end
  local was = suggestion.index
  repeat
    suggestion.index = (suggestion.index - 1 + step) % #suggestion.items + 1
  until open_rest(bufnr) or suggestion.index == was
  draw(bufnr)
end

return M

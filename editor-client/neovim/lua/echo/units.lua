--- How much of a proposal is taken at once, and how long a text is. Nothing here touches an editor.

local M = {}

-- A word is of letters, digits, underscores and everything beyond ASCII; behind white space, line
-- ends included, otherwise the next run of signs is as much.
local WORD = '^%s*[%w_\128-\255]+'
local SIGNS = '^%s*[^%w%s_\128-\255]+'

--- The first word of a text, with the white space before it; all of it where there is none.
---@param text string
---@return string
function M.word(text)
  return text:match(WORD) or text:match(SIGNS) or text
end

--- The first line of a text; where it begins with a line end, the line behind that.
---@param text string
---@return string
function M.line(text)
  return (text:match('^\n?[^\n]*'))
end

--- What of `text` still has to be typed behind `typed`; nil where the two differ.
---@param text string
---@param typed string
---@return string?
function M.rest(text, typed)
  if text:sub(1, #typed) ~= typed then
    return nil
  end
  return text:sub(#typed + 1)
end

--- UTF-16 units of a text: what partial acceptance is counted in.
---@param text string
---@return integer
function M.utf16_length(text)
  return vim.str_utfindex(text, 'utf-16')
end

return M

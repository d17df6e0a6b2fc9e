import Analyzers
import Buffers
import Pipeline
import Wire

/// Zeek's conn.log, and beside it, where there is a folder, weird.log and what is no line of either.
final class ZeekLogOutput: EventLog {
  /// What stands beside conn.log, each made when the first line for it comes.
  struct Others {
    var openWeird: () throws -> FileLogOutput
    var openRest: () throws -> FileLogOutput
  }

  private var conn: ZeekLogFile
  private var weird: ZeekLogFile?
  private var rest: FileLogOutput?
  private let hasColumns: Bool
  /// `nil` where there is no folder, and so no place for oddities. Other records are refused then
  /// before there are any.
  private let others: Others?
  private var isFinished = false

  init(_ conn: FileLogOutput, hasColumns: Bool, others: Others?) {
    self.conn = ZeekLogFile(.conn, conn, hasColumns: hasColumns)
    self.hasColumns = hasColumns
    self.others = others
  }

  /// Whole lines.
  func write(_ lines: Span<UInt8>) throws {
    var connLines = TextBuffer()
    var weirdLines = TextBuffer()
    var otherLines = TextBuffer()
    var start = 0
    for index in lines.indices where lines[index] == UInt8(ascii: "\n") {
      let line = lines.extracting(start...index)
      start = index + 1
      switch line[0] {
      case ZeekLog.conn.mark: conn.append(line.extracting(droppingFirst: 1), to: &connLines)
      case ZeekLog.weird.mark:
        try appendWeird(line.extracting(droppingFirst: 1), to: &weirdLines)
      default: otherLines.append(line)
      }
    }
    if !connLines.isEmpty { try conn.log.write(connLines.span) }
    if !weirdLines.isEmpty { try weird?.log.write(weirdLines.span) }
    if !otherLines.isEmpty { try writeRest(otherLines.span) }
  }

  private func appendWeird(_ line: Span<UInt8>, to lines: inout TextBuffer) throws {
    guard let others else { return }
    if weird == nil {
      weird = ZeekLogFile(.weird, try others.openWeird(), hasColumns: hasColumns)
    }
    weird?.append(line, to: &lines)
  }

  private func writeRest(_ lines: Span<UInt8>) throws {
    guard let log = try rest ?? others?.openRest() else { return }
    rest = log
    try log.write(lines)
  }

  var isAbandoned: Bool { conn.log.isAbandoned }
  var refusal: LogError? { conn.log.refusal }

  func flush() throws(LogError) {
    try conn.log.flush()
    try weird?.log.flush()
    try rest?.flush()
  }

  /// All of them, even when one cannot be opened again.
  func reopen() throws(LogError) {
    var failure: LogError?
    do { try conn.reopen() } catch { failure = error }
    do { try weird?.reopen() } catch { failure = failure ?? error }
    do { try rest?.reopen() } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  /// May be called again.
  func finish() throws {
    if !isFinished {
      try conn.writeEnd()
      try weird?.writeEnd()
    }
    isFinished = true
    try conn.log.finish()
    try weird?.log.finish()
    try rest?.finish()
  }
}

/// One log of Zeek, with the lines around its records where it has columns.
private struct ZeekLogFile {
  let log: FileLogOutput
  private let kind: ZeekLog
  private let hasColumns: Bool
  /// That of the last line; `nil` before the first, and in JSON.
  private var time: Timestamp?

  init(_ kind: ZeekLog, _ log: FileLogOutput, hasColumns: Bool) {
    self.kind = kind
    self.log = log
    self.hasColumns = hasColumns
  }

  /// - Parameter line: with its end.
  mutating func append(_ line: Span<UInt8>, to lines: inout TextBuffer) {
    if hasColumns { begin(line, &lines) }
    lines.append(line)
  }

  /// Puts the header in front of the first line: like Zeek, a log without records has none.
  private mutating func begin(_ line: Span<UInt8>, _ lines: inout TextBuffer) {
    var seconds: Int64 = 0
    for index in line.indices {
      let digit = line[index] &- UInt8(ascii: "0")
      if digit > 9 { break }
      seconds = seconds &* 10 &+ Int64(digit)
    }
    let now = Timestamp(seconds: seconds)
    if time == nil { kind.appendHeader(opened: now, to: &lines) }
    time = now
  }

  func writeEnd() throws {
    var end = TextBuffer()
    appendEnd(to: &end)
    try log.write(end.span)
  }

  private func appendEnd(to lines: inout TextBuffer) {
    if let time { ZeekLog.appendFooter(closed: time, to: &lines) }
  }

  /// What has moved away is ended, and the file that comes after it begins like any other.
  mutating func reopen() throws(LogError) {
    var hasMoved = false
    try log.reopen {
      hasMoved = true
      appendEnd(to: &$0)
    }
    if hasMoved { time = nil }
  }
}

import Analysis
import Buffers
import Capture
import Checking
import Pipeline
import Reassembly

/// The run of `sluice check`, from opening the files to the summary.
struct CheckRun {
  private let command: CheckCommand
  private let log = FileLogOutput(isLive: false)

  init(_ command: CheckCommand) { self.command = command }

  func perform() throws -> ExitStatus {
    let found = try captureFiles()
    let source = try openSource(found.files)
    Interruption.install()
    let writer = ComplaintWriter(Parts.formatter(command.format.logFormat), source, log)
    let checker = CaptureChecker(command.options) { writer.take($0) }
    var summary = CheckSummary(file: inputName)
    summary.isInterrupted = try !read(source, checker, writer, &summary)
    checker.finish()
    try writer.finish()
    summary.counts = checker.counts
    if let refusal = log.refusal { throw CommandFailure(.failed, refusal.description) }
    summary.damages = found.refused + (summary.isInterrupted ? [] : source.damages)
    return report(summary)
  }

  /// `false` when a signal ended it.
  private func read(
    _ source: any PacketSource, _ checker: CaptureChecker, _ writer: ComplaintWriter,
    _ summary: inout CheckSummary
  ) throws -> Bool {
    var batch = PacketBatch()
    while source.fill(&batch.frames) {
      checker.take(&batch)
      summary.bytes &+= batch.frames.capturedBytes
      for (type, packets) in batch.findings.unsupportedLinkTypes {
        summary.unsupportedLinkTypes[type.description, default: 0] += packets
      }
      try writer.flush()
      if log.isAbandoned { break }
      if Interruption.signal != nil { return false }
    }
    return true
  }

  private func report(_ summary: CheckSummary) -> ExitStatus {
    for damage in summary.damages { Message.show("\(damage)") }
    if !command.quiet && !log.isAbandoned {
      let lines = summary.lines.map(Message.printable)
      StandardStream.error.write(lines.joined(separator: "\n") + "\n")
    }
    return summary.status(signal: Interruption.signal)
  }

  // MARK: the input

  private func captureFiles() throws(CommandFailure) -> CaptureFiles {
    let found: CaptureFiles
    do {
      found = try Parts.captureFiles(
        command.files, except: ["/dev/stdout", "/dev/stderr"], rotated: nil)
    } catch {
      throw CommandFailure(.usage, error.description)
    }
    for folder in found.emptyFolders { Message.show("\(folder): holds no captures") }
    guard found.files.isEmpty else { return found }
    if found.refused.isEmpty {
      throw CommandFailure(.nothing, "\(inputName): nothing to check: holds no captures")
    }
    for damage in found.refused { Message.show("\(damage)") }
    throw CommandFailure(.usage, "\(inputName): none of its captures can be opened")
  }

  private func openSource(_ files: [CaptureFile]) throws(CommandFailure) -> any PacketSource {
    do {
      return try Parts.openSource(
        files, name: inputName, filter: nil,
        mapped: MemoryPlan(memory: command.memory.bytes).mapped)
    } catch {
      throw CommandFailure(.usage, error.description)
    }
  }

  private var inputName: String {
    let shown = command.files.prefix(3).joined(separator: ", ")
    return command.files.count > 3 ? "\(shown) and \(command.files.count - 3) more" : shown
  }
}

/// Writes complaints as records.
final class ComplaintWriter {
  private let formatter: any RecordFormatter
  private let source: any PacketSource
  private let log: FileLogOutput
  private var lines = TextBuffer()
  private var failure: (any Error)?

  init(_ formatter: any RecordFormatter, _ source: any PacketSource, _ log: FileLogOutput) {
    self.formatter = formatter
    self.source = source
    self.log = log
  }

  func take(_ complaint: Complaint) {
    formatter.append(complaint.record, about: subject(of: complaint), to: &lines)
    guard lines.count >= FileLogOutput.bufferSize, failure == nil else { return }
    do { try flush() } catch { failure = error }
  }

  /// Of several files the one of an earlier packet is not known any more: then none is named.
  private func subject(of complaint: Complaint) -> RecordSubject {
    let names = Set(source.interfaces.indices.map { source.captureName(ofInterface: $0) })
    let name = names.count == 1 ? names.first ?? nil : nil
    if let socket = complaint.socket {
      return RecordSubject(socket: socket, packet: complaint.packet, captureName: name)
    }
    return RecordSubject(ends: complaint.ends, packet: complaint.packet, captureName: name)
  }

  func flush() throws {
    if let failure { throw failure }
    if lines.isEmpty { return }
    defer { lines.removeAll() }
    try log.write(lines.span)
  }

  func finish() throws {
    try flush()
    try log.finish()
  }
}

extension Complaint {
  /// `{"name":"ack_unseen","severity":"error","direction":"in","acknowledgment":100,…,"count":1}`
  var record: Record {
    var fields: [(key: String, value: Record.Value)] = [
      ("name", .string(name.rawValue)), ("severity", .string(severity.rawValue)),
    ]
    if let direction { fields.append(("direction", .string("\(direction)"))) }
    for figure in figures { fields.append((figure.name, Record.Value(figure.value))) }
    fields.append(("count", Record.Value(count)))
    var record = Record("check")
    record["check"] = .object(fields)
    record.describe { text }
    return record
  }

  /// `packet 7: error ack_unseen in, acknowledgment=100 seen=95`
  private var text: String {
    var text = "packet \(packet.ordinal): \(severity.rawValue) \(name.rawValue)"
    if let direction { text += " \(direction)" }
    if !figures.isEmpty {
      text += ", " + figures.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
    if count > 1 { text += ", \(count) times" }
    return text
  }
}

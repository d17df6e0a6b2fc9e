import Buffers
import Capture
import Pipeline

/// `-T`: everything that can be known before the first packet, and nothing is written.
extension AnalyzeRun {
  func check() throws(CommandFailure) -> ExitStatus {
    for (origin, name) in input.runs {
      let source = try sourceToCheck(origin, name)
      _ = try makeRun(try configuration, source: source, sink: nil, log: NoLog())
    }
    if !command.messages.quiet { Message.show("configuration is right") }
    return .done
  }

  /// What comes through a pipe, or from an interface, is not there to be looked at.
  private func sourceToCheck(
    _ origin: AnalyzeInput.Origin, _ name: String
  ) throws(CommandFailure) -> any PacketSource {
    guard case .files(let files) = origin else { return NoPackets() }
    let isPipe = files.contains {
      FileIdentity.named($0.path, standard: .input)?.kind == .other
    }
    return isPipe ? NoPackets() : try openSource(origin, name)
  }
}

private final class NoPackets: PacketSource {
  let name = "-"
  let interfaces: [CaptureInterface] = []
  let damages: [CaptureDamage] = []
  let progress: (read: UInt64, total: UInt64?) = (0, nil)
  func fill(_ batch: inout FrameBatch) -> Bool { false }
}

private final class NoLog: LogOutput {
  func write(_ lines: Span<UInt8>) {}
  func finish() {}
}

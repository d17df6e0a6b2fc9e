import Buffers
import Capture
import Pipeline

/// `-T`: everything that can be known before the first packet, and nothing is written.
extension AnalyzeRun {
  func check() throws(CommandFailure) -> ExitStatus {
    _ = try makeRun(configuration, source: try sourceToCheck(), sink: nil, log: NoLog())
    if !command.messages.quiet { Message.show("configuration is right") }
    return .done
  }

  /// What comes through a pipe is not there to be looked at.
  private func sourceToCheck() throws(CommandFailure) -> any PacketSource {
    FileIdentity.named(path, standard: .input)?.kind == .other ? NoPackets() : try openSource()
  }
}

private final class NoPackets: PacketSource {
  let name = "-"
  let interfaces: [CaptureInterface] = []
  let damage: CaptureDamage? = nil
  let progress: (read: UInt64, total: UInt64?) = (0, nil)
  func fill(_ batch: inout FrameBatch) -> Bool { false }
}

private final class NoLog: LogOutput {
  func write(_ bytes: [UInt8]) {}
  func finish() {}
}

import Buffers
import Capture
import Checking
import Reassembly

/// What a checker made of a capture.
public struct Judgement {
  public var complaints: [Complaint] = []
  public var counts = CheckCounts()

  public var errors: [Complaint] { complaints.filter { $0.severity == .error } }
  /// How often each name was complained of.
  public var names: [Complaint.Name: UInt64] { counts.complaints }

  public func first(_ name: Complaint.Name) -> Complaint? {
    complaints.first { $0.name == name }
  }
}

extension CheckOptions {
  /// All that there is to say, notes too.
  public static var everything: CheckOptions {
    var options = CheckOptions()
    options.reportsNotes = true
    options.isSampled = false
    return options
  }
}

/// Judges frames as TCP, to the end of the capture.
public func judge(
  _ frames: [CapturedFrame], _ options: CheckOptions = .everything
) -> Judgement {
  judge(MemorySource(frames), options)
}

public func judge(
  _ source: any PacketSource, _ options: CheckOptions = .everything
) -> Judgement {
  var judgement = Judgement()
  let checker = CaptureChecker(options) { judgement.complaints.append($0) }
  var batch = PacketBatch()
  while source.fill(&batch.frames) { checker.take(&batch) }
  checker.finish()
  judgement.counts = checker.counts
  return judgement
}
